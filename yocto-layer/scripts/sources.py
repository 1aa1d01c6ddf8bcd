#!/usr/bin/env python3
"""Compares the recipes of Debian's source packages with Debian: archives' checksums, and the licences' inside them.

Usage: sources.py
Asks by apt, in a folder of its own, from the mirrors that this machine has; changes nothing of the system. What a suite
of Debian does not have any more, or a mirror does not give, is told and is no fault: a builder's own mirror has it.
"""
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

LAYER = pathlib.Path(__file__).resolve().parent.parent
SUITES = ("bookworm", "trixie", "sid")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def value(recipe, name, otherwise=""):
    found = re.search(rf'^{name} = "(.*)"$', recipe, re.M)
    return found[1] if found else otherwise


def read(path):
    """(source package, its version without epoch, sums, licences) of a recipe that inherits debian_source."""
    recipe = path.read_text(encoding="utf8")
    name, version = path.stem.split("_")
    upstream = value(recipe, "DEBIAN_UPSTREAM", version).replace("${PV}", version)
    sums = dict(re.findall(r'SRC_URI\[(orig|debian)\.sha256sum] = "(\w+)"', recipe))
    licences = re.findall(r"file://([^;$\s]+);md5=(\w+)", recipe)
    return name, f"{upstream}-{value(recipe, 'DEBIAN_REVISION')}", sums, licences


def mirrors():
    """The machine's own mirrors of Debian: those that have a suite of that name."""
    told = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"],
                          capture_output=True, text=True, check=True).stdout
    return sorted({line.split()[0] for line in told.splitlines() if line.split()[-1] == SUITES[0]})


def private_apt(folder):
    lines = [f"deb-src [signed-by={KEYRING}] {uri} {suite} main" for uri in mirrors() for suite in SUITES]
    for name in ("lists/partial", "cache/archives/partial", "got"):
        (folder / name).mkdir(parents=True)
    (folder / "sources.list").write_text("\n".join(lines) + "\n")
    (folder / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{folder}/sources.list";\nDir::Etc::sourceparts "-";\n'
        f'Dir::State::lists "{folder}/lists";\nDir::Cache "{folder}/cache";\nAPT::Sandbox::User "root";\n')
    return os.environ | {"APT_CONFIG": str(folder / "apt.conf")}


def known(apt, name, version):
    """Debian's own checksums of that version's archives, by `orig` and `debian`; nothing if no suite has it."""
    shown = subprocess.run(["apt-cache", "showsrc", name], capture_output=True, text=True, env=apt).stdout
    for entry in shown.split("\n\n"):
        stated = re.search(r"^Version: (?:\d+:)?(.*)$", entry, re.M)
        if stated and stated[1] == version:
            sums = entry.partition("Checksums-Sha256:")[2]
            return {kind: re.search(rf"(\w{{64}}) \d+ \S+\.{kind}\.tar\.\w+$", sums, re.M)[1] for kind in ("orig", "debian")}
    return {}


def licence_faults(archive, licences):
    with tarfile.open(archive) as tar:
        texts = {name.partition("/")[2]: name for name in tar.getnames()}
        for file, md5 in licences:
            if file not in texts:
                yield f"{file} is not in it"
            elif hashlib.md5(tar.extractfile(texts[file]).read()).hexdigest() != md5:
                yield f"{file} has another md5"


def fetched(apt, folder, name, version):
    """The archive of that version, if the mirror gives it."""
    stated = subprocess.run(["apt-cache", "showsrc", name], capture_output=True, text=True, env=apt).stdout
    epoch = next((v for v in re.findall(r"^Version: (.*)$", stated, re.M) if v.split(":")[-1] == version), version)
    subprocess.run(["apt-get", "source", "--download-only", "--quiet=2", f"{name}={epoch}"],
                   cwd=folder, env=apt, capture_output=True)
    return next(folder.glob(f"{name}_*.orig.tar.*[xz]"), None)


def check(apt, folder, path):
    """(faults, notes) of one recipe."""
    name, version, sums, licences = read(path)
    theirs = known(apt, name, version)
    if not theirs:
        return [], [f"{name} {version} is in none of {', '.join(SUITES)} any more: take the newer one"]
    faults = [f"{name}: sha256 of {kind} is {theirs[kind]}" for kind in theirs if sums.get(kind) != theirs[kind]]
    archive = fetched(apt, folder / "got", name, version)
    if archive is None:
        return faults, [f"{name} {version}: the mirror does not give it, its licence was not read"]
    return faults + [f"{name}: {fault}" for fault in licence_faults(archive, licences)], []


def main():
    recipes = [p for p in sorted(LAYER.rglob("*.bb")) if re.search("inherit .*debian_source", p.read_text(encoding="utf8"))]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        apt = private_apt(folder)
        asked = subprocess.run(["apt-get", "update", "--quiet=2"], env=apt, capture_output=True, text=True)
        if asked.returncode:
            sys.exit(f"sources: Debian's lists could not be had: {asked.stderr.strip()}")
        results = [check(apt, folder, path) for path in recipes]
    for note in (note for _, notes in results for note in notes):
        print(f"sources: {note}")
    faults = [fault for found, _ in results for fault in found]
    if faults:
        sys.exit("sources: " + "\nsources: ".join(faults))
    print(f"sources: {len(recipes)} of Debian's source packages, as Debian says")


if __name__ == "__main__":
    main()
