SUMMARY = "Finds the disk, opens the verified root, and hands over to it"
SECTION = "portaveu"
LICENSE = "EUPL-1.2"

IMAGE_FEATURES = ""
IMAGE_LINGUAS = ""
IMAGE_FSTYPES = "${INITRAMFS_FSTYPES}"
IMAGE_NAME_SUFFIX = ""
IMAGE_ROOTFS_SIZE = "8192"
IMAGE_ROOTFS_EXTRA_SPACE = "0"

PACKAGE_INSTALL = "\
    ${PORTAVEU_INITRAMFS_MODULES} \
    ${VIRTUAL-RUNTIME_base-utils} \
    base-passwd \
    initramfs-framework-base \
    initramfs-module-udev \
    initramfs-module-verity \
"
# The kernel itself lies beside the initramfs.
PACKAGE_EXCLUDE = "kernel-image-*"

inherit image
