#!/usr/bin/env python3
"""Writes the recipes' list of crates from Cargo.lock, or says whether it still is what Cargo.lock says.

Usage: crates.py [--check]
Must not ask the network: names and checksums are all in Cargo.lock.
"""
import pathlib
import sys
import tomllib

LAYER = pathlib.Path(__file__).resolve().parent.parent
LOCK = LAYER.parent / "Cargo.lock"
LIST = LAYER / "recipes-portaveu/portaveu/portaveu_crates.inc"


def crates(lock):
    """(name, version, sha256) of what comes from a registry; the workspace's own packages have no checksum."""
    return [(p["name"], p["version"], p["checksum"]) for p in lock["package"] if "checksum" in p]


def listing(found):
    uris = "".join(f"    crate://${{PORTAVEU_CRATES}}/{name}/{version} \\\n" for name, version, _ in found)
    sums = "".join(f'SRC_URI[{name}-{version}.sha256sum] = "{sha256}"\n' for name, version, sha256 in found)
    return f'# Made by yocto-layer/scripts/crates.py from Cargo.lock.\nSRC_URI += "\\\n{uris}"\n\n{sums}'


def main():
    new = listing(crates(tomllib.loads(LOCK.read_text(encoding="utf8"))))
    if "--check" not in sys.argv[1:]:
        LIST.write_text(new, encoding="utf8")
        return
    if not LIST.exists() or LIST.read_text(encoding="utf8") != new:
        sys.exit(f"crates: {LIST.name} is not what Cargo.lock says; run yocto-layer/scripts/crates.py and commit")
    print("crates: as in Cargo.lock")


if __name__ == "__main__":
    main()
