SUMMARY = "Speaks every language at once, and knows how words are pronounced"
HOMEPAGE = "https://github.com/espeak-ng/espeak-ng"
SECTION = "multimedia"
LICENSE = "GPL-3.0-or-later & Apache-2.0 & BSD-2-Clause & Unicode-3.0"
LIC_FILES_CHKSUM = "\
    file://COPYING;md5=d32239bcb673463ab874e80d47fae504 \
    file://COPYING.APACHE;md5=3b83ef96387f14655fc854ddc3c6bd57 \
    file://COPYING.BSD2;md5=3348c29aeaacdead1532a5048b3eb587 \
    file://COPYING.UCD;md5=9bc437a2583c6de495e5c4acd7c2c787 \
"

# The dictionaries are compiled by the program itself, so by the one for the build host.
DEPENDS:append:class-target = " espeak-ng-native"

inherit autotools-brokensep debian_source pkgconfig

DEBIAN_UPSTREAM = "${PV}+dfsg"
DEBIAN_REVISION = "5"
SRC_URI[orig.sha256sum] = "d2a886bae3547a15c52801cb37e415230834a7ee7f9a57352b98d60454d97cea"
SRC_URI[debian.sha256sum] = "d253d81d2815194e2c13c1af77b6761c43db48848ca423430b4a8c416359b813"

# Run as a program that writes to a pipe: no sound output, no other engines.
EXTRA_OECONF = "\
    --with-async=no \
    --with-mbrola=no \
    --with-pcaudiolib=no \
    --with-sonic=no \
    --with-speechplayer=no \
"

do_compile:class-target() {
    oe_runmake src/libespeak-ng.la src/espeak-ng
}

do_install:class-target() {
    install -d ${D}${datadir}
    oe_runmake DESTDIR=${D} bin_PROGRAMS=src/espeak-ng install-libLTLIBRARIES install-binPROGRAMS
    cp -R --preserve=mode ${STAGING_DATADIR_NATIVE}/espeak-ng-data ${D}${datadir}
}

FILES:${PN} += "${datadir}/espeak-ng-data"

BBCLASSEXTEND = "native"
