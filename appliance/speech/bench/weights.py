#!/usr/bin/env python3
"""Which weights Whisper hears best with on this machine: f16, Q8_0 or Q5_1, by words misheard and time a clip.

Usage: weights.py WORKER MODELS QUESTIONS.tsv AUDIO_DIR [--every N]
MODELS holds whisper-base-ct2 (fetch.py --with whisper-base-ct2), which each is made from; the rest as recognition.py.
"""
import hashlib
import json
import pathlib
import sys
import tempfile

import numpy as np
import soundfile

import recognition

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "provisioning" / "models"))
import makers  # noqa: E402


def quantise_q5_1(matrix):
    """ggml's Q5_1: blocks of 32 along a row, f16 scale and minimum, the fifth bits together, then the lower four."""
    blocks = np.asarray(matrix, np.float32).reshape(-1, makers.BLOCK)
    low = blocks.min(axis=1)
    scale = (blocks.max(axis=1) - low) / 31
    levels = np.divide(blocks - low[:, None], scale[:, None], out=np.zeros_like(blocks), where=scale[:, None] > 0)
    levels = np.clip(np.floor(levels + 0.5), 0, 31).astype(np.uint32)
    packed = np.empty(len(blocks), np.dtype([("scale", "<f2"), ("low", "<f2"), ("fifths", "<u4"), ("nibbles", "u1", 16)]))
    packed["scale"], packed["low"] = scale, low
    packed["fifths"] = ((levels >> 4) << np.arange(makers.BLOCK, dtype=np.uint32)).sum(axis=1)
    packed["nibbles"] = (levels[:, :16] & 15) | ((levels[:, 16:] & 15) << 4)
    return packed.tobytes()


CANDIDATES = {"f16": makers.WHOLE, "Q8_0": makers.Q8_0, "Q5_1": makers.Weights(7, 2 * 1000 + 9, quantise_q5_1)}


def write_model(models, weights, folder):
    peer = models / "whisper-base-ct2"
    target = folder / "whisper-base.bin"
    makers.write_ggml(makers.read_ct2(peer / "model.bin"), makers.read_vocabulary(peer / "vocabulary.txt"), target, weights)
    listed = {"bytes": target.stat().st_size, "sha256": hashlib.sha256(target.read_bytes()).hexdigest()}
    (folder / "models.json").write_text(json.dumps({"whisper-base": {"recipe": "", "files": {target.name: listed}}}))
    return listed["bytes"]


def main():
    chosen = recognition.arguments(__doc__)
    for name, weights in CANDIDATES.items():
        with tempfile.TemporaryDirectory() as folder:
            size = write_model(pathlib.Path(chosen.models), weights, pathlib.Path(folder))
            for language, texts, files in recognition.clips(chosen):
                heard, _ = recognition.ours(chosen.worker, folder, language, files, chosen.council)
                recognition.report(f"{name} ({size / 1e6:.0f} MB) {language}", heard, texts, [soundfile.info(file).duration for file in files])


if __name__ == "__main__":
    main()
