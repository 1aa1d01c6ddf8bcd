SUMMARY = "The box that answers a town hall's telephone"
SECTION = "portaveu"
LICENSE = "EUPL-1.2"

inherit core-image features_check portaveu_slot_image

REQUIRED_DISTRO_FEATURES = "rauc systemd"

# No login of any kind: what a box needs to be told comes on a signed stick.
IMAGE_FEATURES = "read-only-rootfs"

IMAGE_INSTALL = "\
    alsa-state \
    dahdi-linux \
    dahdi-tools \
    espeak-ng \
    festival-voice-ca \
    kernel-modules \
    packagegroup-core-boot \
    portaveu \
    portaveu-data \
    portaveu-metrics \
    portaveu-models \
    portaveu-provision \
    portaveu-speech \
    portaveu-systemd \
    rauc \
    tzdata-core \
    tzdata-europe \
"
# The box says itself when it is good: when it answers (portaveu-mark-good.service).
BAD_RECOMMENDATIONS += "rauc-mark-good"
