#!/usr/bin/env python3
"""Makes the rehearsal image: Debian 12 with Portaveu's units and programs, in the box's own partitions, for QEMU.

No file system is mounted: packages are unpacked by mmdebstrap, partitions filled by `mke2fs -d` and mtools. Needs root, since the
files in the image belong to several users. What is slow is kept in target/rehearsal.
"""

import argparse
import gzip
import hashlib
import os
import shutil
import stat
import subprocess
import time
from pathlib import Path

from kernel import kernel, run, version

HERE = Path(__file__).resolve().parent
TREE = HERE.parent.parent
MIB = 1024 * 1024
SLOT_MIB = 960
BOOT_MIB = 64
ESP_MIB = 48
DATA_MIB = 6144
# In the initrd: the disk, the file system, and what checks it.
INITRD_MODULES = ["virtio_pci", "virtio_blk", "sha256_generic", "sha256_ssse3", "crc32c_generic", "crc32c_intel", "ext4", "dm_verity"]
GRUB_MODULES = (
    "part_gpt fat ext2 normal configfile linux loadenv test echo search regexp serial terminal reboot halt"
).split()
MODELS = ["models.json", "silero_vad.onnx", "whisper-base.bin", "e5", "kokoro"]
UNITS = [
    "portaveu.service", "portaveu-speech.service", "portaveu-metrics.service", "portaveu-render.path",
    "portaveu-retention.timer", "portaveu-mark-good.service", "portaveu-rollback.timer", "systemd-networkd.service",
    "serial-getty@ttyS0.service", "portaveu-data.service", "rehearsal-lights.service",
    "portaveu-firstboot.service", "portaveu-clock.path",
]
MASKED = ["systemd-networkd-wait-online.service", "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer",
          "e2scrub_all.timer", "e2scrub_reap.service", "getty@tty1.service", "systemd-repart.service", "fstrim.timer"]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, default=TREE / "target/rehearsal")
    options.add_argument("--programs", type=Path, default=TREE / "target/release", help="folder of the built programs")
    options.add_argument("--cache", type=Path, default=cache(), help="folder of models")
    options.add_argument("--state", type=Path, default=state(), help="folder of phrases and of what was learned")
    options.add_argument("--bundles", action="store_true", help="also a good and a bad update, on sticks")
    options = options.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("run this as root: the files in the image belong to several users")
    work = options.out.resolve()
    work.mkdir(parents=True, exist_ok=True)
    step = Steps()
    kver = version()
    made = kernel(work, kver)
    step("kernel and modules")
    root = base(work)
    step("Debian's packages")
    fill(root, made, options)
    step("programs, models, units")
    keys(work, root)
    initrd(root, kver, work / "initrd.img")
    slot = work / "slot"
    root_hash = seal(root, slot)
    boot(made, kver, work / "initrd.img", root_hash, slot, 1)
    step("root and boot partition")
    disk(work, slot)
    step("disk")
    if options.bundles:
        boot(made, kver, work / "initrd.img", root_hash, slot, 2)
        bundle(work, slot, "update", 2)
        step("an update")
        worse = root / "usr/bin/portaveu"
        worse.write_text("#!/bin/sh\necho 'this version is a bad one' >&2\nexit 1\n")
        root_hash = seal(root, slot)
        boot(made, kver, work / "initrd.img", root_hash, slot, 3)
        bundle(work, slot, "bad", 3)
        step("a bad update")
    print(f"rehearsal image: {work / 'disk.img'}")


class Steps:
    def __init__(self):
        self.begin = time.monotonic()

    def __call__(self, what):
        now = time.monotonic()
        print(f"  {now - self.begin:6.1f} s  {what}", flush=True)
        self.begin = now


def cache():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portaveu/models"


def state():
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "portaveu"


def base(work):
    """The tree of Debian's packages, unpacked anew from what mmdebstrap made once."""
    packages = [line for line in (HERE / "packages.txt").read_text().splitlines() if line and not line.startswith("#")]
    name = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    tar = work / f"debian-{name}.tar"
    if not tar.exists():
        for old in work.glob("debian-*.tar"):
            old.unlink()
        excluded = ["doc", "man", "locale", "info", "lintian", "bash-completion"]
        run(
            # A name space of its own: an interrupted run leaves no mounts behind.
            "unshare", "--mount", "mmdebstrap", "--quiet", "--format=tar", "--variant=essential", f"--include={','.join(packages)}",
            *[f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in excluded],
            "bookworm", f"{tar}.part",
            env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
        )
        os.rename(f"{tar}.part", tar)
    root = work / "root"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    run("tar", "xf", tar, "-C", root, "--xattrs", "--numeric-owner", "--exclude=./dev/*")
    return root


def fill(root, made, options):
    """Kernel modules, programs, models, units, settings, and the data partition's first content."""
    copy_tree(made / "usr", root / "usr")
    programs(root, options.programs)
    share = root / "usr/share/portaveu"
    for model in MODELS:
        copy(options.cache / model, share / "models" / model)
    copy(TREE / "provisioning/example-council", share / "council")
    if not (options.state / "learned.bin").exists():
        raise SystemExit(f"{options.state}: the example council was not learned yet; run `make build`")
    for kept in ("learned.bin", "phrases"):
        if (options.state / kept).exists():  # what is not rendered is spoken by the fast voice
            copy(options.state / kept, share / "first" / kept)
    copy(HERE / "site", share / "first/sites/1")
    copy_tree(HERE / "root", root)
    install_units(root)
    for unneeded in ("var/lib/apt/lists", "var/cache/apt", "var/lib/dpkg/info", "usr/share/doc", "boot"):
        shutil.rmtree(root / unneeded, ignore_errors=True)
    (root / "usr/lib/udev/hwdb.bin").unlink(missing_ok=True)  # names of hardware, for people
    (root / "efi").mkdir()
    (root / "boot").mkdir()
    (root / "etc/machine-id").write_text("")
    (root / "etc/hostname").write_text("portaveu\n")
    run("chroot", root, "systemd-sysusers")
    run("chroot", root, "systemctl", "enable", "--quiet", *UNITS)
    run("chroot", root, "systemctl", "mask", "--quiet", *MASKED)


def programs(root, folder):
    libraries = root / "usr/lib/portaveu"
    libraries.mkdir()
    for name in ("portaveu", "portaveu-speech", "portaveu-metrics", "portaveu-provision"):
        if (folder / name).exists():
            run("strip", "-o", root / "usr/bin" / name, folder / name)
    speech = folder.parent / "box/release/portaveu-speech"  # for any processor, not for this machine's alone
    run("strip", "-o", root / "usr/bin/portaveu-speech", speech)
    for name in ("rehearsal-lights", "rehearsal-exchange"):
        if (folder / name).exists():
            run("strip", "-o", libraries / name, folder / name)
    for library in ("libsherpa-onnx-c-api.so", "libonnxruntime.so"):
        copy(folder / library, libraries / library)
        among_models = root / "usr/share/portaveu/models/sherpa" / library  # where `portaveu check` looks for it
        among_models.parent.mkdir(parents=True, exist_ok=True)
        among_models.symlink_to(f"/usr/lib/portaveu/{library}")


def install_units(root):
    units = TREE / "systemd"
    for unit in [*units.glob("*.service"), *units.glob("*.timer"), *units.glob("*.path")]:
        copy(unit, root / "usr/lib/systemd/system" / unit.name)
    for rules in units.glob("*.rules"):
        copy(rules, root / "usr/lib/udev/rules.d" / rules.name)
    for folder in ("sysusers.d", "tmpfiles.d", "sysctl.d"):
        copy_tree(units / folder, root / "usr/lib" / folder)
    copy_tree(units / "system.conf.d", root / "usr/lib/systemd/system.conf.d")
    for script in (units / "lib").glob("*"):
        copy(script, root / "usr/lib/portaveu" / script.name)


def copy(origin, goal):
    goal.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_dir():
        shutil.copytree(origin, goal, symlinks=True)
    else:
        shutil.copyfile(origin, goal)
        goal.chmod(0o755 if os.access(origin, os.X_OK) and origin.stat().st_mode & stat.S_IXUSR else 0o644)
    for path in [goal, *goal.rglob("*")] if goal.is_dir() else [goal]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))


def copy_tree(origin, goal):
    """Copy what is below `origin` over what is there."""
    goal.mkdir(parents=True, exist_ok=True)
    run("cp", "-a", "--no-preserve=ownership", f"{origin}/.", goal)


def keys(work, root):
    """A key for this machine's bundles, made once. It is in no repository, and no box trusts it."""
    key, certificate = work / "bundle.key", work / "bundle.pem"
    if not key.exists():
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "3650",
            "-subj", "/CN=Portaveu rehearsal", stderr=subprocess.DEVNULL)
    copy(certificate, root / "etc/rauc/keyring.pem")
    if not (work / "provision.key").exists():
        run("chroot", root, "portaveu-provision", "keygen", "--without-passphrase", "--out", "/run")
        for name in ("provision.key", "provision.pub"):
            shutil.move(root / "run" / name, work / name)
    copy(work / "provision.pub", root / "etc/portaveu/provision.pub")


def initrd(root, kver, out):
    """A cpio of busybox, veritysetup and a few modules, as the kernel reads it."""
    archive = Cpio()
    for folder in ("bin", "lib", "proc", "sys", "dev", "sysroot", "run", "etc"):
        archive.folder(folder)
    archive.file("init", (HERE / "initrd/init").read_bytes(), 0o755)
    archive.file("bin/busybox", (root / "bin/busybox").read_bytes(), 0o755)
    archive.file("bin/veritysetup", (root / "sbin/veritysetup").read_bytes(), 0o755)
    libraries = subprocess.run(["chroot", root, "ldd", "/sbin/veritysetup"], check=True, capture_output=True, text=True)
    for word in libraries.stdout.split():
        if word.startswith("/"):
            archive.parents(word.strip("/"))
            archive.file(word.strip("/"), (root / word.strip("/")).read_bytes(), 0o755)
    order = []
    for module in INITRD_MODULES:
        shown = subprocess.run(
            ["modprobe", "-d", root / "usr", "-S", kver, "--show-depends", module], check=True,
            capture_output=True, text=True
        )
        order += [Path(line.split()[1]) for line in shown.stdout.splitlines() if line.startswith("insmod")]
    order = list(dict.fromkeys(order))
    for path in order:
        archive.file(f"lib/{path.name}", path.read_bytes(), 0o644)
    archive.file("modules", "\n".join(path.name for path in order).encode(), 0o644)
    out.write_bytes(gzip.compress(archive.end(), compresslevel=3, mtime=0))


class Cpio:
    """The "newc" archive that the kernel unpacks."""

    def __init__(self):
        self.bytes = bytearray()
        self.known = set()

    def entry(self, name, mode, data):
        self.known.add(name)
        title = name.encode() + b"\0"
        fields = [len(self.known), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(title), 0]
        self.bytes += b"070701" + b"".join(b"%08x" % field for field in fields) + title
        self.pad()
        self.bytes += data
        self.pad()

    def pad(self):
        self.bytes += bytes(-len(self.bytes) % 4)

    def folder(self, name):
        self.entry(name, stat.S_IFDIR | 0o755, b"")

    def parents(self, name):
        for parent in reversed(Path(name).parents):
            if str(parent) != "." and str(parent) not in self.known:
                self.folder(str(parent))

    def file(self, name, data, mode):
        self.entry(name, stat.S_IFREG | mode, data)

    def end(self):
        self.entry("TRAILER!!!", 0, b"")
        return bytes(self.bytes)


def seal(root, slot):
    """The root partition: a file system, and behind it dm-verity's tree of its hashes. Gives the hash of all."""
    shutil.rmtree(slot, ignore_errors=True)
    slot.mkdir()
    image = slot / "root.img"
    size = (SLOT_MIB - 32) * MIB
    run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-L", "root", "-U", "6f1b6fb4-6d36-4b0c-b4a6-8a6f5a1f0a01",
        "-E", "hash_seed=6f1b6fb4-6d36-4b0c-b4a6-8a6f5a1f0a02,lazy_itable_init=0", "-d", root, image, f"{size // 1024}k")
    shown = subprocess.run(
        ["veritysetup", "format", image, image, f"--hash-offset={size}", "--salt=" + "00" * 32,
         "--uuid=6f1b6fb4-6d36-4b0c-b4a6-8a6f5a1f0a03"],
        check=True, capture_output=True, text=True,
    )
    os.truncate(image, SLOT_MIB * MIB)
    (line,) = [line for line in shown.stdout.splitlines() if line.startswith("Root hash:")]
    return line.split()[-1]


def boot(made, kver, initrd_image, root_hash, slot, number):
    """The boot partition: the kernel, the initrd, and the hash that the root partition must have."""
    folder = slot / "boot"
    folder.mkdir()
    copy(made / f"boot/vmlinuz-{kver}", folder / "vmlinuz")
    copy(initrd_image, folder / "initrd.img")
    offset = (SLOT_MIB - 32) * MIB
    (folder / "slot.cfg").write_text(
        "linux ($boot)/vmlinuz console=ttyS0,115200 quiet loglevel=4 panic=5 rauc.slot=$slot portaveu.root=$partition "
        f"portaveu.version={number} portaveu.hash={root_hash} portaveu.offset={offset} systemd.show_status=no systemd.gpt_auto=no mitigations=off\n"
        "initrd ($boot)/initrd.img\nboot\n"
    )
    (slot / "boot.img").unlink(missing_ok=True)
    run("mke2fs", "-q", "-t", "ext2", "-m", "0", "-L", "boot", "-d", folder, slot / "boot.img", f"{BOOT_MIB}M")
    shutil.rmtree(folder)


def bundle(work, slot, name, number):
    """An update as a technician gets it: RAUC's signed bundle, on a stick."""
    folder, stick, image = work / "bundle", work / "stick", work / f"{name}.img"
    for old in (folder, stick):
        shutil.rmtree(old, ignore_errors=True)
        old.mkdir()
    image.unlink(missing_ok=True)
    (folder / "manifest.raucm").write_text(
        f"[update]\ncompatible=portaveu-rehearsal-x86_64\nversion={number}\n\n[bundle]\nformat=verity\n\n"
        "[image.rootfs]\nfilename=root.img\n\n[image.boot]\nfilename=boot.img\n"
    )
    for part in ("root.img", "boot.img"):
        os.link(slot / part, folder / part)
    run("rauc", "bundle", f"--cert={work / 'bundle.pem'}", f"--key={work / 'bundle.key'}",
        "--mksquashfs-args=-comp zstd -Xcompression-level 1 -quiet -no-progress", folder, stick / "bundle.raucb",
        stdout=subprocess.DEVNULL)
    size = (stick / "bundle.raucb").stat().st_size // MIB + 64
    run("mke2fs", "-q", "-t", "ext4", "-m", "0", "-L", "UPDATE", "-d", stick, image, f"{size}M")
    shutil.rmtree(folder)
    shutil.rmtree(stick)


def esp(work):
    """The partition that the firmware reads: GRUB, and the variables that say which slot is started."""
    image, variables, loader = work / "esp.img", work / "grubenv", work / "BOOTX64.EFI"
    early = work / "early.cfg"
    early.write_text("set prefix=($root)/grub\nconfigfile ($root)/grub/grub.cfg\n")
    run("grub-mkimage", "-O", "x86_64-efi", "-o", loader, "-p", "/grub", "-c", early, *GRUB_MODULES)
    variables.unlink(missing_ok=True)
    run("grub-editenv", variables, "create")
    run("grub-editenv", variables, "set", "ORDER=A B", "A_OK=1", "B_OK=1", "A_TRY=0", "B_TRY=0")
    image.unlink(missing_ok=True)
    run("mformat", "-i", image, "-C", "-F", "-T", ESP_MIB * MIB // 512, "-v", "EFI", "::")
    run("mmd", "-i", image, "::/EFI", "::/EFI/BOOT", "::/grub")
    run("mcopy", "-i", image, loader, "::/EFI/BOOT/BOOTX64.EFI")
    run("mcopy", "-i", image, HERE / "grub/grub.cfg", "::/grub/grub.cfg")
    run("mcopy", "-i", image, variables, "::/grubenv")
    return image


def disk(work, slot):
    """The whole disk. Its data partition is made at the first start, by systemd-repart."""
    image = work / "disk.img"
    parts = [("efi", "U", ESP_MIB, esp(work))]
    for number in (0, 1):
        parts += [(f"boot.{number}", "L", BOOT_MIB, slot / "boot.img"), (f"root.{number}", "L", SLOT_MIB, slot / "root.img")]
    image.unlink(missing_ok=True)
    with open(image, "wb") as file:
        file.truncate((sum(size for _, _, size, _ in parts) + DATA_MIB + 2) * MIB)
    table = "label: gpt\n" + "".join(f'size={size}MiB, type={kind}, name="{name}"\n' for name, kind, size, _ in parts)
    run("sfdisk", "--quiet", image, input=table.encode())
    begin = 1
    for _, _, size, content in parts:
        run("dd", f"if={content}", f"of={image}", "bs=1M", f"seek={begin}", "conv=notrunc,sparse", "status=none")
        begin += size


if __name__ == "__main__":
    main()
