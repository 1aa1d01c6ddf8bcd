SUMMARY = "SIP user agent library"
DESCRIPTION = "Debian's sofia-sip, with its fixes of what strangers can send."
HOMEPAGE = "https://sofia-sip.sourceforge.net"
SECTION = "libs"
LICENSE = "LGPL-2.1-or-later"
LIC_FILES_CHKSUM = "file://COPYING;md5=03068f550c635f6520e0f0252da412fc"

DEPENDS = "openssl"

inherit autotools debian_source pkgconfig

DEBIAN_UPSTREAM = "1.12.11+20110422.1+1e14eea~dfsg"
DEBIAN_REVISION = "6"
DEBIAN_ORIG_EXT = "tar.xz"
SRC_URI[orig.sha256sum] = "9aedd1f013d705488a77fcdf19b949906f542cdd9830a7847da8075b3164db09"
SRC_URI[debian.sha256sum] = "b2cefb7aa21460711221b23a9f3f077465438cf9d68fcf67bfbc86fdc1107648"

EXTRA_OECONF = "--without-doxygen --without-glib"

PACKAGES =+ "${PN}-utils"
FILES:${PN}-utils = "${bindir}"
FILES:${PN}-dev += "${datadir}/sofia-sip"
