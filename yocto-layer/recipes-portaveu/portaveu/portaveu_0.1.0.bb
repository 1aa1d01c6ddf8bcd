SUMMARY = "Answers a town hall's telephone"
DESCRIPTION = "Lines, calls, dialogue, knowledge, store and the staff's panel. Talks with the PBX and the council's \
network only, and links no speech library."

DEPENDS = "alsa-lib sofia-sip"

inherit portaveu_cargo portaveu_speech_libraries

PORTAVEU_REGISTRIES += "PORTAVEU_NPM"
SRC_URI += "\
    ${PORTAVEU_NPM}/htmx.org/-/htmx.org-2.0.8.tgz;name=htmx;subdir=htmx \
    ${PORTAVEU_NPM}/htmx-ext-sse/-/htmx-ext-sse-2.2.4.tgz;name=sse;subdir=sse \
"
SRC_URI[htmx.sha256sum] = "51351b2ac4b3bc065692a4dd1349a82f90bf7c526134937ccb25d3932c8ce954"
SRC_URI[sse.sha256sum] = "90b46f5ab915ba2f64e6348448c8dba509277a47e15c125ffb65754eb4f6b5dc"

# E1 lines. libpri is GPL-2.0, and so is then the program as a whole; the EUPL allows that.
PACKAGECONFIG ??= "pri"
PACKAGECONFIG[pri] = "--features pri,,libpri"

export PORTAVEU_PANEL_SCRIPTS = "${B}/panel-scripts"

do_configure:append() {
    install -d ${PORTAVEU_PANEL_SCRIPTS}
    install -m 0644 ${UNPACKDIR}/htmx/package/dist/htmx.min.js ${PORTAVEU_PANEL_SCRIPTS}/htmx.js
    install -m 0644 ${UNPACKDIR}/sse/package/dist/sse.min.js ${PORTAVEU_PANEL_SCRIPTS}/sse.js
}

do_install:append() {
    install -d ${D}${datadir}/portaveu ${D}${datadir}/fonts/truetype
    cp -R --no-dereference --preserve=mode ${S}/provisioning/example-council ${D}${datadir}/portaveu/council
    # Where the program looks for the fonts of reports, as Debian has them.
    ln -s . ${D}${datadir}/fonts/truetype/dejavu
}

PACKAGES =+ "${PN}-council"
FILES:${PN}-council = "${datadir}/portaveu/council"
FILES:${PN} += "${datadir}/fonts/truetype/dejavu"
RDEPENDS:${PN} = "${PN}-council portaveu-speech ttf-dejavu-sans"
