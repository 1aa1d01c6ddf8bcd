SUMMARY = "Units, users and rules of the box"
DESCRIPTION = "Everything of the repository's folder systemd/, which the rehearsal image installs as well."

inherit allarch portaveu_source systemd useradd

do_configure[noexec] = "1"
do_compile[noexec] = "1"

# Units and rules lie side by side; folders are named as below /usr/lib/systemd or /usr/lib.
do_install() {
    install -d ${D}${systemd_system_unitdir} ${D}${nonarch_libdir}/udev/rules.d
    for file in ${S}/systemd/*; do
        case $file in
        *.service | *.timer | *.socket | *.path | *.mount | *.target | *.slice)
            install -m 0644 $file ${D}${systemd_system_unitdir} ;;
        *.rules)
            install -m 0644 $file ${D}${nonarch_libdir}/udev/rules.d ;;
        */tmpfiles.d | */sysusers.d | */modprobe.d | */modules-load.d)
            cp -R --preserve=mode $file ${D}${nonarch_libdir} ;;
        *.d)
            cp -R --preserve=mode $file ${D}${nonarch_libdir}/systemd ;;
        *.md) ;;
        *)
            bbfatal "systemd/$(basename $file): portaveu-systemd does not know where this belongs" ;;
        esac
    done
}

SYSTEMD_SERVICE:${PN} = "\
    portaveu-firstboot.service \
    portaveu-mark-good.service \
    portaveu-metrics.service \
    portaveu-render.service \
    portaveu-retention.timer \
    portaveu-speech.service \
    portaveu.service \
"

USERADD_PACKAGES = "${PN}"
USERADD_PARAM:${PN} = "\
    --system --no-create-home --home-dir ${localstatedir}/lib/portaveu --shell /sbin/nologin --groups audio,dialout portaveu; \
    --system --no-create-home --home-dir / --shell /sbin/nologin --groups portaveu portaveu-speech; \
    --system --no-create-home --home-dir / --shell /sbin/nologin --groups portaveu portaveu-metrics \
"

FILES:${PN} += "${nonarch_libdir}"
