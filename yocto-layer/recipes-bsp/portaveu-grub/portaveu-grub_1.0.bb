SUMMARY = "How the boot loader chooses between the box's two slots"
SECTION = "portaveu"
LICENSE = "EUPL-1.2"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/EUPL-1.2;md5=41fa1e32337666d37d19786aebbf3923"

DEPENDS = "grub-native"
PROVIDES += "virtual-grub-bootconf"

SRC_URI = "file://grub.cfg"
S = "${UNPACKDIR}"

inherit deploy nopackages

INHIBIT_DEFAULT_DEPS = "1"
do_configure[noexec] = "1"
do_install[noexec] = "1"

do_compile() {
    rm -f ${B}/grubenv
    grub-editenv ${B}/grubenv create
    grub-editenv ${B}/grubenv set "ORDER=A B" A_OK=1 A_TRY=0 B_OK=1 B_TRY=0
}

do_deploy() {
    install -d ${DEPLOYDIR}/${PN}
    install -m 0644 ${S}/grub.cfg ${B}/grubenv ${DEPLOYDIR}/${PN}
}
addtask deploy after do_compile before do_build
