FILESEXTRAPATHS:prepend:portaveu := "${THISDIR}/files:"

SRC_URI:append:portaveu = " file://portaveu.cfg"
SRC_URI:append:portaveu-test = " file://portaveu-test.cfg"
