SUMMARY = "Takes keys, settings and updates from a signed stick"

inherit portaveu_cargo

RDEPENDS:${PN} = "rauc util-linux-blkid util-linux-mount util-linux-umount"
