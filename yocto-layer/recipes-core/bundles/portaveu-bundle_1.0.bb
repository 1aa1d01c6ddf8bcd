SUMMARY = "An update of the box, signed"
SECTION = "portaveu"
LICENSE = "EUPL-1.2"

inherit bundle

PV = "${DISTRO_VERSION}"

RAUC_BUNDLE_COMPATIBLE = "${MACHINE}"
RAUC_BUNDLE_VERSION = "${DISTRO_VERSION}"
RAUC_BUNDLE_FORMAT = "verity"

# boot comes last: until it is whole, nothing points to the new root.
RAUC_BUNDLE_SLOTS = "rootfs boot"
PORTAVEU_BUNDLED_IMAGE ?= "portaveu-image${@bb.utils.contains('DISTRO_FEATURES', 'portaveu-test', '-test', '', d)}"
RAUC_SLOT_rootfs = "${PORTAVEU_BUNDLED_IMAGE}"
RAUC_SLOT_rootfs[fstype] = "erofs-lz4hc.verity"
RAUC_SLOT_rootfs[rename] = "root.img"
RAUC_SLOT_boot = "${PORTAVEU_BUNDLED_IMAGE}"
RAUC_SLOT_boot[fstype] = "slotboot"
RAUC_SLOT_boot[rename] = "boot.img"
