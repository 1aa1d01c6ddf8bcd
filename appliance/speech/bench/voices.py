#!/usr/bin/env python3
"""Which voice is understood best: texts said by each voice of a language, heard by portaveu-speech as on a telephone.

Usage: voices.py WORKER MODELS QUESTIONS.tsv [--every N]
Valencian: festival's ona-hts against espeak-ng's Valencian and Catalan voices. Others: espeak-ng's, for languages that have
no other voice.
"""
import csv
import pathlib
import subprocess
import tempfile

from recognition import arguments, errors, ours, words

VOICES = {
    "ca": ("festival ona-hts", "espeak-ng ca-va", "espeak-ng ca"),
    "ro": ("espeak-ng ro",),
    "ar": ("espeak-ng ar",),
}


def say(voice, text, file):
    engine, name = voice.split(" ")
    if engine == "festival":
        with tempfile.NamedTemporaryFile(suffix=".txt") as said:
            said.write(text.encode("iso-8859-15", "ignore"))
            said.flush()
            subprocess.run(["text2wave", "-eval", "(language_catalan)", said.name, "-o", file], check=True, capture_output=True)
    else:
        subprocess.run(["espeak-ng", "-v", name, "-s", "150", "-w", file, text], check=True)


def main():
    chosen = arguments(__doc__, audio=False)
    with open(chosen.questions, encoding="utf8") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))[:: chosen.every]
    for language, voices in VOICES.items():
        texts = [row["text"] for row in rows if row["lang"] == language]
        for voice in voices if texts else ():
            with tempfile.TemporaryDirectory() as folder:
                files = [pathlib.Path(folder, f"{n}.wav") for n in range(len(texts))]
                for text, file in zip(texts, files, strict=True):
                    say(voice, text, file)
                heard, _ = ours(chosen.worker, chosen.models, language, files)
            wrong = sum(errors(words(text), words(said)) for text, (said, _) in zip(texts, heard, strict=True))
            rate = 100 * wrong / sum(len(words(text)) for text in texts)
            print(f"{language}: {voice:<18} {len(texts)} texts, WER {rate:5.1f} %", flush=True)


if __name__ == "__main__":
    main()
