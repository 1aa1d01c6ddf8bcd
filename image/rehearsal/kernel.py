"""The rehearsal's kernel: Debian's, with modules that Debian does not build: DAHDI, uleds, gpio-sim.

They are built here against Debian's kernel headers (package linux-headers-amd64), out of Debian's own sources.
"""

import re
import shutil
import subprocess
from pathlib import Path

HEADERS = Path("/usr/src")
DAHDI = {"CONFIG_DAHDI": "m", "CONFIG_DAHDI_DYNAMIC": "m", "CONFIG_DAHDI_DYNAMIC_LOC": "m"}
SOURCES = {
    "gpio-sim-main.c": "drivers/gpio/gpio-sim.c",
    "gpiolib.h": "drivers/gpio/gpiolib.h",
    "irq_sim.c": "kernel/irq/irq_sim.c",  # gpio-sim wants it, and Debian's kernel is without
    "uleds.c": "drivers/leds/uleds.c",
}
KBUILD = "obj-m += uleds.o gpio-sim.o\ngpio-sim-y := gpio-sim-main.o irq_sim.o\n"
# Hardware that neither QEMU nor a test has; two thirds of all modules.
UNNEEDED = (
    "drivers/gpu drivers/media drivers/net/ethernet drivers/net/wireless drivers/infiniband drivers/iio drivers/scsi/[a-r]* "
    "drivers/staging drivers/bluetooth drivers/isdn drivers/mtd drivers/input/touchscreen drivers/hwmon drivers/edac "
    "drivers/message drivers/target drivers/accel drivers/comedi drivers/firewire drivers/thunderbolt drivers/nfc "
    "drivers/platform drivers/block/drbd drivers/crypto/qat net/bluetooth net/wireless net/mac80211 net/ceph net/sctp "
    "net/batman-adv net/rxrpc net/tipc net/openvswitch net/smc sound/soc sound/pci sound/firewire sound/usb fs/xfs fs/btrfs fs/ocfs2 "
    "fs/gfs2 fs/jfs fs/reiserfs fs/ceph fs/cifs fs/ksmbd fs/nfs fs/nfsd fs/afs fs/f2fs fs/ntfs3 fs/coda fs/dlm fs/orangefs "
    "arch/x86/kvm"
).split()


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


def version():
    """The newest kernel whose headers are installed, such as 6.1.0-56-amd64."""
    found = [path.name.removeprefix("linux-headers-") for path in HEADERS.glob("linux-headers-*-amd64")]
    if not found:
        raise SystemExit("no kernel headers: install linux-headers-amd64 (make setup does)")
    return max(found, key=lambda name: [int(part) for part in re.findall(r"\d+", name)])


def download(package, folder):
    """Fetch a Debian package by apt and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.glob("*.deb"))
    name = package.split("=")[0]
    for old in folder.glob(f"{name}_*.deb"):
        return old
    run("apt-get", "download", "-q", package, cwd=folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return (set(folder.glob("*.deb")) - before).pop()


def package_version(package):
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], check=True, capture_output=True, text=True
    )
    return shown.stdout


def kernel(work, kver):
    """A folder with the kernel, its modules, DAHDI's tools and the modules built here; made once for a kernel."""
    made = work / f"kernel-{kver}"
    if (made / "done").exists():
        return made
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    debs, source = work / "debs", work / "modules"
    headers = package_version(f"linux-headers-{kver}")
    for package in (f"linux-image-{kver}={headers}", "dahdi", "libtonezone2.0"):
        unpacked = work / "unpacked"
        shutil.rmtree(unpacked, ignore_errors=True)
        run("dpkg", "-x", download(package, debs), unpacked)
        take(unpacked, made)
    modules = made / "usr/lib/modules" / kver
    for pattern in UNNEEDED:
        for path in (modules / "kernel").glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    extra = modules / "extra"
    extra.mkdir()
    shutil.rmtree(source, ignore_errors=True)
    for module in [*build_dahdi(source, debs, kver), *build_kernels_own(source, debs, kver, headers)]:
        run("strip", "--strip-debug", module)
        shutil.copy(module, extra)
    run("depmod", "-b", made / "usr", kver)
    (made / "done").touch()
    return made


def take(unpacked, made):
    """Of the packages: the kernel, its modules, dahdi_cfg and the library of its tones."""
    wanted = [("lib/modules", "usr/lib/modules"), ("boot", "boot"), ("usr/sbin/dahdi_cfg", "usr/sbin/dahdi_cfg")]
    for library in unpacked.glob("usr/lib/*/libtonezone.so*"):
        wanted.append((library.relative_to(unpacked), library.relative_to(unpacked)))
    for origin, goal in wanted:
        origin, goal = unpacked / origin, made / goal
        if origin.is_dir():
            shutil.copytree(origin, goal, symlinks=True, dirs_exist_ok=True)
        elif origin.exists() or origin.is_symlink():
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, goal, follow_symlinks=False)


def make(kver, folder, variables):
    settings = [f"{name}={value}" for name, value in variables.items()]
    with open(folder / "make.log", "w") as log:
        run("make", "-j2", "-C", HEADERS / f"linux-headers-{kver}", f"M={folder}", *settings, "modules", stdout=log, stderr=log)


def build_dahdi(work, debs, kver):
    run("dpkg", "-x", download("dahdi-dkms", debs), work)
    (tree,) = work.glob("usr/src/dahdi-*")
    folder = tree / "drivers/dahdi"
    make(kver, folder, {"DAHDI_INCLUDE": tree / "include", "HOTPLUG_FIRMWARE": "yes", **DAHDI})
    return [folder / f"{name}.ko" for name in ("dahdi", "dahdi_dynamic", "dahdi_dynamic_loc")] + [*folder.glob("*oslec.ko")] + [
        *folder.glob("../staging/echo/echo.ko")
    ]


def build_kernels_own(work, debs, kver, headers):
    package = download(f"linux-source-6.1={headers}", debs)
    tree = work / "linux"
    tree.mkdir()
    names = [f"linux-source-6.1/{path}" for path in SOURCES.values()]
    with subprocess.Popen(["dpkg", "--fsys-tarfile", package], stdout=subprocess.PIPE) as outer:
        inner = subprocess.Popen(
            ["tar", "xO", "./usr/src/linux-source-6.1.tar.xz"], stdin=outer.stdout, stdout=subprocess.PIPE
        )
        run("tar", "xJ", "-C", tree, *names, stdin=inner.stdout)
        inner.wait()
    folder = work / "own"
    folder.mkdir()
    for name, path in SOURCES.items():
        shutil.copy(tree / "linux-source-6.1" / path, folder / name)
    # The kernel does not export irq_to_desc; this finds the same.
    simulated = folder / "irq_sim.c"
    simulated.write_text(
        simulated.read_text().replace("irq_to_desc(irqnum)", "irq_data_to_desc(irq_get_irq_data(irqnum))")
    )
    (folder / "Kbuild").write_text(KBUILD)
    make(kver, folder, {})
    return [folder / "uleds.ko", folder / "gpio-sim.ko"]
