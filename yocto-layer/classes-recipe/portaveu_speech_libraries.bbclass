# For programs that are built with crate portaveu-speech: its client shares a crate with the worker, so whisper.cpp and
# sherpa-onnx have to be there at build time. What is linked is another matter: a test of the workspace holds that
# portaveu has no speech library in it.

DEPENDS += "clang-native cmake-native sherpa-onnx"

export SHERPA_ONNX_LIB_DIR = "${STAGING_LIBDIR}/portaveu"

# bindgen reads C headers as the compiler of the target would.
export LIBCLANG_PATH = "${STAGING_LIBDIR_NATIVE}"
export BINDGEN_EXTRA_CLANG_ARGS = "--target=${TARGET_SYS} --sysroot=${STAGING_DIR_TARGET}"

# whisper.cpp would ask the build host's processor what it can; every machine of this layer says it here.
export GGML_NATIVE = "OFF"
X86_V3 = "${@bb.utils.contains('TUNE_FEATURES', 'x86-64-v3', 'ON', 'OFF', d)}"
export GGML_AVX = "${X86_V3}"
export GGML_AVX2 = "${X86_V3}"
export GGML_BMI2 = "${X86_V3}"
export GGML_FMA = "${X86_V3}"
export GGML_F16C = "${X86_V3}"
export GGML_SSE42 = "${X86_V3}"
# Matrices are multiplied by tiles (as in .cargo/config.toml).
export GGML_LLAMAFILE = "ON"
