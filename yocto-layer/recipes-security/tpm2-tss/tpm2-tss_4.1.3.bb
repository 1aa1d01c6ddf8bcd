SUMMARY = "How systemd talks to a TPM"
HOMEPAGE = "https://github.com/tpm2-software/tpm2-tss"
SECTION = "libs"
LICENSE = "BSD-2-Clause"
LIC_FILES_CHKSUM = "file://LICENSE;md5=500b2e742befc3da00684d8a1d5fd9da"

DEPENDS = "openssl"

inherit autotools debian_source pkgconfig

DEBIAN_REVISION = "1.2"
SRC_URI[orig.sha256sum] = "8a389bda64690910e7af7deaf64703a3faed416dc538c9c3e4f893f24893524d"
SRC_URI[debian.sha256sum] = "8fd8d4c04b343b9554dd92ae0736aeefa2d41e442f8b7a389a9d6188d0ce517a"

# Only what systemd opens: the TPM of the kernel, no simulators, no policies by file.
EXTRA_OECONF = "\
    --disable-doxygen-doc \
    --disable-fapi \
    --disable-policy \
    --disable-tcti-cmd \
    --disable-tcti-libtpms \
    --disable-tcti-mssim \
    --disable-tcti-pcap \
    --disable-tcti-spi-helper \
    --disable-tcti-swtpm \
    --enable-tcti-device \
"

# Writes the lists of sources that its Makefile includes; the version is dpkg's to say there.
do_configure:prepend() {
    sed -i -e '/^dpkg-parsechangelog/d' ${S}/bootstrap
    echo ${PV} > ${S}/VERSION
    (cd ${S} && AUTORECONF=true ./bootstrap)
}

# systemd asks for these packages by name.
PACKAGES =+ "libtss2 libtss2-tcti-device"
FILES:libtss2-tcti-device = "${libdir}/libtss2-tcti-device${SOLIBS}"
FILES:libtss2 = "${libdir}/libtss2*${SOLIBS}"
FILES:${PN} += "${nonarch_libdir}/udev"
ALLOW_EMPTY:${PN} = "1"
