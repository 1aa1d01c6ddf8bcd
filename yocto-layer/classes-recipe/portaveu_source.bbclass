# The repository that this layer lies in, at the commit that is checked out: a layer and its programs are never of two
# commits, and nothing that is not committed gets into an image.

SECTION = "portaveu"
LICENSE ?= "EUPL-1.2"
LIC_FILES_CHKSUM ?= "file://LICENSE;md5=41fa1e32337666d37d19786aebbf3923"

SRC_URI = "git://${PORTAVEU_SRC};protocol=file;nobranch=1"
SRCREV = "${@oe.buildcfg.get_metadata_git_revision(d.getVar('PORTAVEU_SRC'))}"
