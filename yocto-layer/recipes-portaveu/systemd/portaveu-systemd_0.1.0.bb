SUMMARY = "Units, users and rules of the box"
DESCRIPTION = "Everything of the repository's folder systemd/, which the rehearsal image installs as well."

inherit allarch portaveu_source useradd

do_configure[noexec] = "1"
do_compile[noexec] = "1"

# Units and rules lie side by side; the folders are named as below /usr/lib or /usr/lib/systemd. What has an [Install]
# section is enabled, by the image's presets.
do_install() {
    preset=${D}${nonarch_libdir}/systemd/system-preset/90-portaveu.preset
    install -d ${D}${systemd_system_unitdir} $(dirname $preset)
    for file in ${S}/systemd/*; do
        case $file in
        *.service | *.timer | *.socket | *.path | *.mount | *.target | *.slice)
            install -m 0644 $file ${D}${systemd_system_unitdir}
            if grep -q '^\[Install\]' $file; then
                echo "enable $(basename $file)" >> $preset
            fi
            ;;
        *.rules)
            install -D -m 0644 -t ${D}${nonarch_libdir}/udev/rules.d $file
            ;;
        */lib)
            install -d ${D}${nonarch_libdir}/portaveu
            cp -R --preserve=mode $file/. ${D}${nonarch_libdir}/portaveu
            ;;
        */system.conf.d | */journald.conf.d | */network)
            cp -R --preserve=mode $file ${D}${nonarch_libdir}/systemd
            ;;
        */*.d)
            cp -R --preserve=mode $file ${D}${nonarch_libdir}
            ;;
        *.md)
            ;;
        *)
            bbfatal "systemd/$(basename $file): portaveu-systemd does not know where this belongs"
            ;;
        esac
    done
}

# As systemd/sysusers.d says it, which a read-only root cannot do when it starts.
USERADD_PACKAGES = "${PN}"
USERADD_PARAM:${PN} = "\
    --system --user-group --no-create-home --home-dir ${localstatedir}/lib/portaveu --shell /sbin/nologin portaveu; \
    --system --user-group --no-create-home --home-dir / --shell /sbin/nologin portaveu-speech; \
    --system --user-group --no-create-home --home-dir / --shell /sbin/nologin portaveu-metrics \
"

FILES:${PN} += "${nonarch_libdir}"
