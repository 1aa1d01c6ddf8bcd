SUMMARY = "What RAUC needs to know of the box, and whose bundles it takes"
SECTION = "portaveu"
LICENSE = "EUPL-1.2"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/EUPL-1.2;md5=41fa1e32337666d37d19786aebbf3923"

# The certificates that sign updates are the builder's (image/SIGNING.md); no layer has them.
RAUC_KEYRING_FILE ??= ""
SRC_URI = "\
    file://system.conf \
    ${@'file://${RAUC_KEYRING_FILE}' if d.getVar('RAUC_KEYRING_FILE') else ''} \
"
S = "${UNPACKDIR}"

PACKAGE_ARCH = "${MACHINE_ARCH}"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    if [ -z "${RAUC_KEYRING_FILE}" ]; then
        bbfatal "RAUC_KEYRING_FILE is not set: the box would take nobody's updates. See image/SIGNING.md."
    fi
    install -d ${D}${nonarch_libdir}/rauc
    sed -e 's/@MACHINE@/${MACHINE}/' ${S}/system.conf > ${D}${nonarch_libdir}/rauc/system.conf
    chmod 0644 ${D}${nonarch_libdir}/rauc/system.conf
    install -m 0644 ${UNPACKDIR}/${RAUC_KEYRING_FILE} ${D}${nonarch_libdir}/rauc/keyring.pem
    install -d ${D}${nonarch_libdir}/tmpfiles.d
    echo "d ${localstatedir}/lib/rauc 0700 root root" > ${D}${nonarch_libdir}/tmpfiles.d/rauc.conf
}

FILES:${PN} = "${nonarch_libdir}"
RPROVIDES:${PN} += "virtual-rauc-conf"
