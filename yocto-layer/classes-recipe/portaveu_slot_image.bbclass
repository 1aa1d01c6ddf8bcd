# Makes of a root file system what goes into the box's partitions: the root with its dm-verity tree behind it, and the
# boot partition of the same slot, which alone knows the tree's top hash.
#
# Must not make anything that differs from build to build: salt and UUID come from the content.

ROOT_FSTYPE = "erofs-lz4hc"
IMAGE_FSTYPES = "${ROOT_FSTYPE}.verity slotboot wic.zst wic.bmap"
IMAGE_TYPES:append = " slotboot"
IMAGE_TYPEDEP:slotboot = "${ROOT_FSTYPE}.verity"
IMAGE_TYPEDEP:wic = "slotboot"

CONVERSIONTYPES:append = " verity"
CONVERSION_DEPENDS_verity = "cryptsetup-native"
CONVERSION_CMD:verity () {
    plain=${IMAGE_NAME}.${type}
    sealed=$plain.verity
    cp $plain $sealed
    size=$(stat -c %s $plain)
    sum=$(sha256sum $plain | cut -d ' ' -f 1)
    veritysetup format --hash-offset=$size --salt=$sum \
        --uuid=$(echo $sum | sed -E 's/(.{8})(.{4})(.{4})(.{4})(.{12}).*/\1-\2-\3-\4-\5/') \
        --root-hash-file=$sealed.hash $sealed $sealed
    echo $size > $sealed.offset
}

KERNEL_ARGUMENTS ?= "ro quiet panic=10 init_fatal_reboot console=${@d.getVar('SERIAL_CONSOLES').split()[0].split(';')[1]}"

IMAGE_CMD:slotboot () {
    tree=${WORKDIR}/slotboot
    sealed=${IMGDEPLOYDIR}/${IMAGE_NAME}.${ROOT_FSTYPE}.verity
    rm -rf $tree
    install -d $tree
    install -m 0644 ${DEPLOY_DIR_IMAGE}/${KERNEL_IMAGETYPE} $tree/kernel
    install -m 0644 ${DEPLOY_DIR_IMAGE}/portaveu-initramfs-${MACHINE}.${INITRAMFS_FSTYPES} $tree/initramfs
    verity="portaveu.hash=$(cat $sealed.hash) portaveu.offset=$(cat $sealed.offset)"
    echo "linux /kernel ${KERNEL_ARGUMENTS} $verity portaveu.root=\$partition rauc.slot=\$slot" > $tree/slot.cfg
    echo "initrd /initramfs" >> $tree/slot.cfg
    mke2fs -q -t ext2 -L boot -U clear -E hash_seed=$(cut -c 1-8 $sealed.hash)-0000-0000-0000-000000000000 \
        -d $tree ${IMGDEPLOYDIR}/${IMAGE_NAME}.slotboot ${PORTAVEU_BOOT_SIZE}
}
do_image_slotboot[depends] += "\
    e2fsprogs-native:do_populate_sysroot \
    portaveu-initramfs:do_image_complete \
    virtual/kernel:do_deploy \
"

IMAGE_BOOT_FILES = "\
    grub-efi-${EFI_BOOT_IMAGE};EFI/BOOT/${EFI_BOOT_IMAGE} \
    portaveu-grub/grub.cfg;EFI/BOOT/grub.cfg \
    portaveu-grub/grubenv;grubenv \
"
do_image_wic[depends] += "grub-efi:do_deploy portaveu-grub:do_deploy"
require conf/image-uefi.conf
