SUMMARY = "Speech runtime with ONNX Runtime, as its authors build it"
DESCRIPTION = "The shared libraries of the Python wheel sherpa-onnx-core: crate sherpa-onnx links to them. Built \
outside, because ONNX Runtime's own build fetches some thirty projects while it runs."
HOMEPAGE = "https://k2-fsa.github.io/sherpa/onnx"
SECTION = "libs"
LICENSE = "Apache-2.0 & MIT"
# The wheel brings no text of a licence: sherpa-onnx is Apache-2.0 by its METADATA, ONNX Runtime is MIT.
LIC_FILES_CHKSUM = "\
    file://sherpa_onnx_core-${PV}.dist-info/METADATA;beginline=7;endline=7;md5=9aa4fb138dc5d40d7fe95fbb37d5bf80 \
    file://${COMMON_LICENSE_DIR}/Apache-2.0;md5=89aea4e17d99a7cacdbeed46a0096b10 \
    file://${COMMON_LICENSE_DIR}/MIT;md5=0835ade698e0bcf8506ecda2f7b4f302 \
"

inherit portaveu_registries

PORTAVEU_REGISTRIES = "PORTAVEU_PYPI"
WHEEL_ARCH:x86-64 = "x86_64"
WHEEL_ARCH:aarch64 = "aarch64"
WHEEL = "sherpa_onnx_core-${PV}-py3-none-manylinux2014_${WHEEL_ARCH}"
SRC_URI = "${PORTAVEU_PYPI}/py3/s/sherpa-onnx-core/${WHEEL}.whl;name=${WHEEL_ARCH};downloadfilename=${WHEEL}.zip;subdir=${BP}"
SRC_URI[x86_64.sha256sum] = "f4ee0ab91c4ae596e0e49d7de32522a946295e038a652f1c1884d89014ee4ec2"
SRC_URI[aarch64.sha256sum] = "4a855a5c89c89885111e4e9c570e5da1aed63373c031b757d8046792d95fe8fe"

COMPATIBLE_HOST = "(x86_64|aarch64).*-linux"

# A .zip by its downloadfilename, which base.bbclass does not look at.
do_unpack[depends] += "unzip-native:do_populate_sysroot"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

# The worker looks for them here (its rpath), and nobody else shall find them.
do_install() {
    install -d ${D}${libdir}/portaveu
    install -m 0755 ${S}/sherpa_onnx/lib/libonnxruntime.so ${S}/sherpa_onnx/lib/libsherpa-onnx-c-api.so ${D}${libdir}/portaveu
}

SYSROOT_DIRS += "${libdir}/portaveu"
FILES:${PN} = "${libdir}/portaveu"
# Libraries without a version in a folder of their own: no -dev package takes them.
FILES_SOLIBSDEV = ""
# They come stripped, and linked by their authors' flags.
# nooelint: oelint.vars.insaneskip
INSANE_SKIP:${PN} = "already-stripped ldflags"
PRIVATE_LIBS:${PN} = "libonnxruntime.so libsherpa-onnx-c-api.so"
