SUMMARY = "The encrypted data partition, made at the first start"
DESCRIPTION = "What is left of the disk becomes /var/lib, encrypted (LUKS2) with a key that the TPM gives only to this \
box as it was started; without a TPM the key is a file on the EFI partition, which keeps data from a thrown-away disk \
only if that partition is wiped."
SECTION = "portaveu"
LICENSE = "EUPL-1.2"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/EUPL-1.2;md5=41fa1e32337666d37d19786aebbf3923"

SRC_URI = "\
    file://efi.mount \
    file://portaveu-data-keyfile.service \
    file://portaveu-data-tpm2.service \
    file://repart-keyfile.conf \
    file://repart-tpm2.conf \
    file://var-lib.mount \
"
S = "${UNPACKDIR}"

inherit allarch systemd

SYSTEMD_SERVICE:${PN} = "efi.mount portaveu-data-keyfile.service portaveu-data-tpm2.service var-lib.mount"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -d ${D}${systemd_system_unitdir} ${D}/efi
    install -m 0644 ${S}/*.mount ${S}/*.service ${D}${systemd_system_unitdir}
    for key in keyfile tpm2; do
        install -d ${D}${nonarch_libdir}/portaveu/repart-$key.d
        install -m 0644 ${S}/repart-$key.conf ${D}${nonarch_libdir}/portaveu/repart-$key.d/data.conf
    done
}

FILES:${PN} += "${nonarch_libdir}/portaveu /efi"
RDEPENDS:${PN} = "e2fsprogs-mke2fs systemd systemd-crypt systemd-extra-utils"
