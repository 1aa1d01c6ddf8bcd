SUMMARY = "Kernel modules of ISDN primary rate cards"
HOMEPAGE = "https://www.asterisk.org"
SECTION = "kernel/modules"
LICENSE = "GPL-2.0-only & LGPL-2.1-only"
LIC_FILES_CHKSUM = "\
    file://LICENSE;md5=ea5bed2f60d357618ca161ad539f7c0a \
    file://LICENSE.LGPL;md5=fb504b67c50331fc78734fed90fb0e09 \
"

inherit debian_source module

DEBIAN_UPSTREAM = "${PV}~dfsg"
DEBIAN_REVISION = "4"
DEBIAN_ORIG_EXT = "tar.xz"
SRC_URI[orig.sha256sum] = "4160e88a9aeec113edae43276bf37363ebdfadda4d2d9b7f50e7417a09b2d1f8"
SRC_URI[debian.sha256sum] = "ad1d3c6b20be74f11ba0d829cd683070688c2eca09ae38e8b623305b0766c557"

# Its Makefile looks for a configured kernel in one folder; here sources and configuration are in two.
EXTRA_OEMAKE += "\
    KCONFIG=${STAGING_KERNEL_BUILDDIR}/.config \
    KSRC=${STAGING_KERNEL_DIR} \
    KVERS=${KERNEL_VERSION} \
"
MAKE_TARGETS = "modules"

# Not its own target, which would run depmod for the build host.
do_install() {
    install -d ${D}${nonarch_base_libdir}/modules/${KERNEL_VERSION}/dahdi
    find ${S}/drivers/dahdi -name '*.ko' \
        -exec install -m 0644 -t ${D}${nonarch_base_libdir}/modules/${KERNEL_VERSION}/dahdi {} +
    for header in fasthdlc kernel user wctdm_user dahdi_config; do
        install -D -m 0644 ${S}/include/dahdi/$header.h ${D}${includedir}/dahdi/$header.h
    done
}

# Spans get their numbers from the driver, in the order of the cards.
KERNEL_MODULE_PROBECONF += "dahdi"
module_conf_dahdi = "options dahdi auto_assign_spans=1"
