SUMMARY = "Takes keys, settings and updates from a signed stick"

inherit portaveu_cargo

RDEPENDS:${PN} = "e2fsprogs-mke2fs rauc util-linux-mount"
