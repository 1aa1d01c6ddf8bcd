SUMMARY = "Primary rate ISDN"
HOMEPAGE = "https://www.asterisk.org"
SECTION = "libs"
LICENSE = "GPL-2.0-only"
LIC_FILES_CHKSUM = "file://LICENSE;md5=ea5bed2f60d357618ca161ad539f7c0a"

inherit debian_source

DEBIAN_REVISION = "2"
SRC_URI[orig.sha256sum] = "7225ea7ec334a115f9dc08e71f55589c38cb4e00b13964cd2f08cc4e6123e3f6"
SRC_URI[debian.sha256sum] = "90585a53b1686db363ec8fd317c651fcd70cfdb677d9085599a55c44b5676cb3"

EXTRA_OEMAKE = "LDCONFIG=true libdir=${libdir} INSTALL_BASE=${prefix} LDFLAGS='${LDFLAGS}'"

do_compile() {
    oe_runmake libpri.so.1.4
}

do_install() {
    install -d ${D}${libdir} ${D}${includedir}
    install -m 0755 ${S}/libpri.so.1.4 ${D}${libdir}
    ln -s libpri.so.1.4 ${D}${libdir}/libpri.so
    install -m 0644 ${S}/libpri.h ${D}${includedir}
}
