FILESEXTRAPATHS:prepend:portaveu-box := "${THISDIR}/files:"

SRC_URI:append:portaveu-box = " file://portaveu.cfg"
SRC_URI:append:portaveu-test = " file://portaveu-test.cfg"

KMACHINE:portaveu-arm64 ?= "genericarm64"
KMACHINE:portaveu-qemuarm64 ?= "qemuarm64"
