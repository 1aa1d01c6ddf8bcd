SUMMARY = "Configures ISDN primary rate cards"
HOMEPAGE = "https://www.asterisk.org"
SECTION = "console/utils"
LICENSE = "GPL-2.0-only & LGPL-2.1-only"
LIC_FILES_CHKSUM = "\
    file://LICENSE;md5=ea5bed2f60d357618ca161ad539f7c0a \
    file://LICENSE.LGPL;md5=fb504b67c50331fc78734fed90fb0e09 \
"

DEPENDS = "dahdi-linux"

inherit autotools debian_source pkgconfig

DEBIAN_REVISION = "1"
SRC_URI[orig.sha256sum] = "9b9cd53ba51f4a03baf58bbcecda6d7bd7024e3ea3f7e0b864f666bdd794fcc5"
SRC_URI[debian.sha256sum] = "a72ca8667cf40d4d90b118857def77855d0f5dadd1514f782acb06fb8d7efed6"

# No menus, no captures and no USB channel banks: what is left configures a card and looks at it.
EXTRA_OECONF = "\
    --with-dahdi=${STAGING_DIR_HOST}${prefix} \
    --with-udevrules=${nonarch_libdir}/udev/rules.d \
    --without-libusb \
    --without-libusbx \
    --without-newt \
    --without-pcap \
    --without-ppp \
    --without-selinux \
    --without-usb \
"

# Of the kernel's modules only the headers are used; the module's packages go into the image by themselves.
PACKAGES =+ "libtonezone ${PN}-scripts"
FILES:libtonezone = "${libdir}/libtonezone${SOLIBS}"
FILES:${PN} += "${nonarch_libdir}/udev"
FILES:${PN}-scripts = "\
    ${datadir} \
    ${sbindir}/dahdi_genconf \
    ${sbindir}/dahdi_hardware \
    ${sbindir}/dahdi_registration \
    ${sbindir}/dahdi_span_assignments \
    ${sbindir}/dahdi_span_types \
    ${sbindir}/dahdi_waitfor_span_assignments \
    ${sbindir}/lsdahdi \
    ${sbindir}/twinstar \
    ${sbindir}/xpp_* \
    ${sysconfdir}/bash_completion.d \
"
RDEPENDS:${PN}-scripts = "bash perl"
