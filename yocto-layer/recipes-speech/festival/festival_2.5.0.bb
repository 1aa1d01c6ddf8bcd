SUMMARY = "Speech synthesis, for the voice that Catalan has"
DESCRIPTION = "festival, and the Edinburgh Speech Tools that it is linked with, built in one go because neither can be \
built against the other's installed files."
HOMEPAGE = "http://festvox.org/festival"
SECTION = "multimedia"
LICENSE = "MIT-Festival & BSD-3-Clause"
LIC_FILES_CHKSUM = "file://COPYING;md5=bac7c8845542a4c09ffe6425ccfb9377"

DEPENDS = "ncurses"

inherit debian_source

DEBIAN_REVISION = "11"
SRC_URI += "\
    ${DEBIAN_MIRROR}/main/s/speech-tools/speech-tools_${PV}.orig.tar.gz;name=est-orig;subdir=speech_tools;striplevel=1 \
    ${DEBIAN_MIRROR}/main/s/speech-tools/speech-tools_${PV}-13.debian.tar.xz;name=est-debian;subdir=speech_tools \
"
SRC_URI[orig.sha256sum] = "4c9007426b125290599d931df410e2def51e68a8aeebd89b4a61c7c96c09a4b4"
SRC_URI[debian.sha256sum] = "fc7d039bc9b7ec840af4ac1b9af24c191f37405c83d9b65a2f25b5a0efab79ce"
SRC_URI[est-orig.sha256sum] = "e4fd97ed78f14464358d09f36dfe91bc1721b7c0fa6503e04364fb5847805dcc"
SRC_URI[est-debian.sha256sum] = "922d2247cc1d490a497f5e445f2b3328b3465403e1c8e158e8863228b400a07f"

DEBIAN_SERIES = "${S} ${UNPACKDIR}/speech_tools"

# A makefile of its own kind that asks the host what it is: everything that matters is said to it.
EST = "${UNPACKDIR}/speech_tools"
EXTRA_OEMAKE = "\
    AR='${AR}' \
    CC='${CC}' \
    CXX='${CXX}' \
    EST=${EST} \
    FTLIBDIR=${datadir}/festival \
    LINKFLAGS='${LDFLAGS}' \
    OPTIMISE_CCFLAGS='${CFLAGS}' \
    OPTIMISE_CXXFLAGS='${CXXFLAGS}' \
    RANLIB='${RANLIB}' \
"
PARALLEL_MAKE = ""

do_configure() {
    for tree in ${EST} ${S}; do
        (cd $tree && ./configure --build=${BUILD_SYS} --host=${HOST_SYS})
    done
}

do_compile() {
    oe_runmake -C ${EST}
    oe_runmake -C ${S}
}

do_install() {
    install -D -m 0755 ${S}/src/main/festival ${D}${bindir}/festival
    install -m 0755 ${S}/bin/text2wave ${D}${bindir}/text2wave
    sed -i -e '1s,.*,#!${bindir}/festival --script,' ${D}${bindir}/text2wave
    install -d ${D}${datadir}/festival
    cp -R --preserve=mode ${S}/lib/*.scm ${D}${datadir}/festival
}
