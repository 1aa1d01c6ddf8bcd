# A source package of Debian: the archive as its authors made it, then Debian's patches in the order of their series.
#
# Set DEBIAN_REVISION, and the sums of `orig` and `debian` as `apt-cache showsrc` prints them. The archives are found
# where bitbake's DEBIAN_MIRROR says. A mirror keeps only what a suite of Debian still has, so a builder who must be
# able to build in ten years keeps copies (README, "Sources").

DEBIAN_SOURCE ?= "${BPN}"
# As Debian names the version of the archive; PV where that would be no good as a package's version.
DEBIAN_UPSTREAM ?= "${PV}"
DEBIAN_ORIG_EXT ?= "tar.gz"

def debian_pool(d):
    name = d.getVar("DEBIAN_SOURCE")
    return "%s/%s" % (name[:4] if name.startswith("lib") else name[0], name)

DEBIAN_POOL = "${DEBIAN_MIRROR}/main/${@debian_pool(d)}"

SRC_URI = "\
    ${DEBIAN_POOL}/${DEBIAN_SOURCE}_${DEBIAN_UPSTREAM}.orig.${DEBIAN_ORIG_EXT};name=orig;subdir=${BP};striplevel=1 \
    ${DEBIAN_POOL}/${DEBIAN_SOURCE}_${DEBIAN_UPSTREAM}-${DEBIAN_REVISION}.debian.tar.xz;name=debian;subdir=${BP} \
"

# The folders that have a debian/patches/series, where there is more than one archive.
DEBIAN_SERIES ?= "${S}"

do_debian_patches() {
    for tree in ${DEBIAN_SERIES}; do
        [ -e $tree/debian/patches/series ] || continue
        for name in $(sed -e 's/#.*//' $tree/debian/patches/series); do
            bbnote "debian/patches/$name"
            patch -d $tree -p1 -N -i $tree/debian/patches/$name || bbfatal "debian/patches/$name does not fit"
        done
    done
}
do_debian_patches[doc] = "Applies Debian's own patches"
addtask debian_patches after do_unpack before do_patch
