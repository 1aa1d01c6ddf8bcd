#!/bin/sh
# Everything of the layer that can be checked without bitbake. `make layer` runs it with the tools of requirements.txt on the path.
# Usage: check.sh [FOLDER OF DOWNLOADED MODELS]
set -eu
cd "$(dirname "$0")/.."
suppressed=$(sed -e 's/#.*//' -e 's/[[:space:]].*//' scripts/oelint-suppressed.txt | sed -n 's/..*/--suppress &/p')
# shellcheck disable=SC2046,SC2086
oelint-adv --release wrynose --relpaths --quiet $suppressed $(find . -name '*.bb' -o -name '*.bbappend')
echo "oelint: nothing to say"
own=$(md5sum <../LICENSE | cut -d ' ' -f 1)
grep -q "$own" classes-recipe/portaveu_source.bbclass || { echo "portaveu_source.bbclass: the md5 of LICENSE is $own" >&2; exit 1; }
python3 scripts/crates.py --check
python3 scripts/models.py "$@"
python3 scripts/kas_files.py
python3 scripts/sources.py
