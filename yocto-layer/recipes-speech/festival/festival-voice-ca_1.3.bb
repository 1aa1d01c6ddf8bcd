SUMMARY = "Catalan for festival: language, dictionaries, and the voice Ona"
DESCRIPTION = "Data only, and as Debian packs it: the dictionaries are compiled by festival itself. The same files that \
the voice was judged with."
HOMEPAGE = "https://github.com/FestCat"
SECTION = "multimedia"
LICENSE = "LGPL-2.1-only"
LIC_FILES_CHKSUM = "\
    file://usr/share/doc/festival-ca/copyright;md5=287e4a3655aa2917180944d8a2f56faa \
    file://usr/share/doc/festvox-ca-ona-hts/copyright;md5=0c5dbb8b83cca34718bc199a38a68902 \
"

SRC_URI = "\
    ${DEBIAN_MIRROR}/main/f/festival-ca/festival-ca_3.0.6-2_all.deb;name=language;subdir=${BP} \
    ${DEBIAN_MIRROR}/main/f/festvox-ca-ona-hts/festvox-ca-ona-hts_${PV}-3_all.deb;name=voice;subdir=${BP} \
"
SRC_URI[language.sha256sum] = "2d0ab95a6de78a77a26ee1bd6ccf3feeffa54e3222013325c2cd1ebb9a4cb691"
SRC_URI[voice.sha256sum] = "bae67d675e3d638c3c9e28a81c3556d0b79d964514b40daadce6c5d81cbb9877"

inherit allarch

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -d ${D}${datadir}
    cp -R --preserve=mode ${S}/usr/share/festival ${D}${datadir}
}

FILES:${PN} = "${datadir}/festival"
RDEPENDS:${PN} = "festival"
