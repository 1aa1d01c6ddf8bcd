SUMMARY = "Opens the root partition by dm-verity before anything of it is read"
SECTION = "portaveu"
LICENSE = "EUPL-1.2"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/EUPL-1.2;md5=41fa1e32337666d37d19786aebbf3923"

SRC_URI = "file://verity"
S = "${UNPACKDIR}"

inherit allarch

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -d ${D}/init.d
    install -m 0755 ${S}/verity ${D}/init.d/80-verity
}

FILES:${PN} = "/init.d"
RDEPENDS:${PN} = "cryptsetup initramfs-framework-base initramfs-module-rootfs initramfs-module-udev"
