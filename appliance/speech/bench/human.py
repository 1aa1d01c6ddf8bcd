#!/usr/bin/env python3
"""How well portaveu-speech hears human voices: Debian's Mexican Spanish telephone prompts, beside faster-whisper.

Usage: human.py WORKER MODELS FOLDER [--every N]
FOLDER keeps the two packages; they are unpacked there, not installed.
"""
import argparse
import gzip
import pathlib
import re
import subprocess
import unicodedata

from recognition import ours, peer, report

PACKAGES = ("asterisk-core-sounds-es", "asterisk-core-sounds-es-wav")
FEWEST_WORDS = 4
# Seconds: longer than a caller speaks without a pause.
LONGEST = 12


def unpacked(folder):
    root = folder / "unpacked"
    if not root.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "--quiet", *PACKAGES], check=True, cwd=folder, capture_output=True)
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    return root


def prompts(root):
    """(text, recording) of the prompts that are sentences."""
    with gzip.open(root / "usr/share/doc/asterisk-core-sounds-es/core-sounds-es.txt.gz", "rt", encoding="utf8", errors="replace") as table:
        for line in table:
            name, colon, text = line.partition(":")
            text = without_accents(re.sub(r"\[.*?\]|\(.*?\)", "", text).strip())
            files = list(root.glob(f"usr/share/asterisk/sounds/es*/{name.strip()}.wav"))
            if colon and not line.startswith(";") and files and len(text.split()) >= FEWEST_WORDS:
                yield text, files[0]


def without_accents(text):
    """The prompts' texts have no accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def bare(results):
    return [(without_accents(text), ms) for text, ms in results]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("worker", "models", "folder"):
        options.add_argument(name)
    options.add_argument("--every", type=int, default=2, help="take every N-th prompt")
    chosen = options.parse_args()
    from faster_whisper import WhisperModel
    import soundfile

    clips = [(text, file, soundfile.info(file).duration) for text, file in prompts(unpacked(pathlib.Path(chosen.folder)))]
    texts, files, lengths = zip(*[clip for clip in clips if clip[2] <= LONGEST][:: chosen.every], strict=True)
    print(f"human prompts, Spanish (Mexico): {len(files)} clips", flush=True)
    report("portaveu-speech", bare(ours(chosen.worker, chosen.models, "es", files)[0]), texts, lengths)
    model = WhisperModel(f"{chosen.models}/whisper-base-ct2", device="cpu", compute_type="int8", cpu_threads=2)
    report("faster-whisper", bare(peer(model, "es", files)), texts, lengths)


if __name__ == "__main__":
    main()
