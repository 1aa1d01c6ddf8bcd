require portaveu-image.bb

SUMMARY = "The box for the workshop: the same programs, a way in, and tools to look at them"

REQUIRED_DISTRO_FEATURES += "portaveu-test"

IMAGE_FEATURES += "allow-empty-password allow-root-login empty-root-password ssh-server-dropbear"
IMAGE_INSTALL += "\
    alsa-utils \
    e2fsprogs \
    iproute2-ss \
    libgpiod-tools \
    procps \
    strace \
"
