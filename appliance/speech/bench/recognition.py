#!/usr/bin/env python3
"""How well and how fast portaveu-speech hears, beside faster-whisper with the same weights, in the same run.

Usage: recognition.py WORKER MODELS QUESTIONS.tsv AUDIO_DIR [--every N] [--council DIR]
QUESTIONS has the columns id, lang, kind, expected, text; AUDIO_DIR holds <id>.wav. The language is given to both. With a
council's folder ours knows how its callers word things, as in a box.
The peer: int8, greedy, two threads, everything else as it comes.
"""
import argparse
import csv
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import unicodedata

LANGUAGES = ("es", "ca", "en")


def words(text):
    return [word for word in re.split(r"[^\w]+", unicodedata.normalize("NFC", text.lower())) if word]


def errors(reference, heard):
    """Substitutions, insertions and deletions (Levenshtein over words)."""
    row = list(range(len(heard) + 1))
    for i, wanted in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, got in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (wanted != got))
    return row[-1]


def examples(council):
    """(language, sentence) of a pack's files: lines that begin with "- ", under "# language"."""
    for file in sorted(pathlib.Path(council).rglob("*.md")):
        language = None
        for line in file.read_text("utf8").splitlines():
            if section := re.fullmatch(r"# (\w\w)\s*", line):
                language = section[1]
            elif language and line.startswith("- "):
                yield language, line[2:].strip()


def ours(worker, models, language, files, council=None):
    with tempfile.NamedTemporaryFile("w", encoding="utf8") as wording:
        sentences = examples(council) if council else []
        wording.writelines(f"{language}\t{sentence}\n" for language, sentence in sentences)
        wording.flush()
        command = [worker, "--models", models, "hear", "--wording", wording.name, "--languages", language, *map(str, files)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    results = [json.loads(line) for line in lines]
    second = sum(bool(result["second_hearing"]) for result in results)
    return [(result["heard"] or "", result["ms"]) for result in results], second


def peer(model, language, files):
    results = []
    for file in files:
        begin = time.perf_counter()
        segments, _ = model.transcribe(str(file), language=language, beam_size=1)
        text = " ".join(segment.text for segment in segments)
        results.append((text, 1000 * (time.perf_counter() - begin)))
    return results


def report(name, results, references, lengths):
    wrong = sum(errors(words(reference), words(text)) for (text, _), reference in zip(results, references, strict=True))
    rate = 100 * wrong / sum(len(words(reference)) for reference in references)
    times = [ms for (_, ms), length in zip(results, lengths, strict=True) if 3 <= length <= 6]
    print(f"  {name:<18} WER {rate:5.1f} %   3 to 6 s: mean {statistics.mean(times):5.0f} ms, median {statistics.median(times):5.0f} ms", flush=True)
    return rate, statistics.mean(times)


def arguments(about, audio=True):
    options = argparse.ArgumentParser(description=about.splitlines()[0])
    for name in ("worker", "models", "questions", "audio")[: 4 if audio else 3]:
        options.add_argument(name)
    options.add_argument("--every", type=int, default=1, help="take every N-th question")
    if audio:
        options.add_argument("--council", help="a pack, from which the box knows how callers word things")
    return options.parse_args()


def clips(chosen):
    """(language, texts, recordings) of the questions that were recorded."""
    with open(chosen.questions, encoding="utf8") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))[:: chosen.every]
    for language in LANGUAGES:
        spoken = [(row["text"], pathlib.Path(chosen.audio, f"{row['id']}.wav")) for row in rows if row["lang"] == language]
        spoken = [(text, file) for text, file in spoken if file.exists()]
        if spoken:
            yield language, *zip(*spoken, strict=True)


def main():
    chosen = arguments(__doc__)
    from faster_whisper import WhisperModel
    import soundfile

    model = WhisperModel(f"{chosen.models}/whisper-base-ct2", device="cpu", compute_type="int8", cpu_threads=2)
    ratios = []
    for language, references, files in clips(chosen):
        lengths = [soundfile.info(file).duration for file in files]
        print(f"{language}: {len(files)} clips", flush=True)
        heard, second = ours(chosen.worker, chosen.models, language, files, chosen.council)
        our_rate, our_ms = report("portaveu-speech", heard, references, lengths)
        their_rate, their_ms = report("faster-whisper", peer(model, language, files), references, lengths)
        ratios.append((our_ms, their_ms))
        print(f"  time {our_ms / their_ms:.2f} of the peer's (wanted: 0.45), WER {our_rate - their_rate:+.1f} points (wanted: +1 at most), {second} heard twice")
    ours_all, theirs_all = map(sum, zip(*ratios, strict=True))
    print(f"time over all languages: {ours_all / theirs_all:.2f} of the peer's")


if __name__ == "__main__":
    main()
