SUMMARY = "Takes keys, settings and updates from a signed stick"

inherit portaveu_cargo

# The public half of the key that signs sticks is the builder's (image/SIGNING.md); no layer has it.
PORTAVEU_PROVISION_KEY ??= ""
SRC_URI += "${@'file://${PORTAVEU_PROVISION_KEY}' if d.getVar('PORTAVEU_PROVISION_KEY') else ''}"

do_install:append() {
    if [ -z "${PORTAVEU_PROVISION_KEY}" ]; then
        bbfatal "PORTAVEU_PROVISION_KEY is not set: the box would take nobody's sticks. See image/SIGNING.md."
    fi
    install -D -m 0644 ${UNPACKDIR}/${PORTAVEU_PROVISION_KEY} ${D}${sysconfdir}/portaveu/provision.pub
}

RDEPENDS:${PN} = "portaveu rauc util-linux-blkid util-linux-mount util-linux-umount"
