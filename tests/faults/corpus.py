"""Makes hundreds of malformed pictures and weights files and reads each: refused or read, never anything else.

    python tests/faults/corpus.py FOLDER

Runs in a process of its own, whose memory is limited. Prints how many were refused and how many were read.
"""

import io
import json
import pickle
import random
import resource
import struct
import sys
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save

from pictures.errors import UnreadableError
from pictures.read import read
from weights.errors import UnusableError
from weights.load import load

MEMORY = 3 << 30
SHAPES = {"features.0.weight": (4, 3, 3, 3), "features.0.bias": (4,)}
FORMATS = {"png": {}, "jpg": {}, "gif": {}, "bmp": {}, "tif": {}, "webp": {"lossless": True}, "ppm": {}}


def whole_files():
    """A sound file of each kind, by suffix."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    for suffix, options in FORMATS.items():
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, Image.registered_extensions()[f".{suffix}"], **options)
        yield suffix, buffer.getvalue()
    generator = torch.Generator().manual_seed(0)
    parameters = {key: torch.randn(shape, generator=generator) for key, shape in SHAPES.items()}
    yield "safetensors", save(parameters)
    buffer = io.BytesIO()
    torch.save(parameters, buffer)
    yield "pth", buffer.getvalue()


def damages(content, chance):
    """Truncated, with flipped bits, with bytes in front, and with a part in the wrong place."""
    for share in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
        yield content[: int(len(content) * share)]
    for place in range(24):
        changed = bytearray(content)
        reach = 64 if place < 12 else len(content)  # headers are short, and matter most
        for _ in range(1 + place % 4):
            changed[chance.randrange(min(reach, len(content)))] ^= 1 << chance.randrange(8)
        yield bytes(changed)
    yield b"\0" * 20 + content
    yield content[len(content) // 2 :] + content[: len(content) // 2]
    yield content[:64] + bytes(chance.randrange(256) for _ in range(500))


def bombs():
    """Small files that promise to be large, and pickles that would run something."""

    def png(width, height):
        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b"")

    for edge in (30_000, 65_535, 2**31 - 1):
        yield "png", png(edge, edge)
    for claimed in (0, 7, 2**20, 2**40, 2**63, 2**64 - 1):
        yield "safetensors", struct.pack("<Q", claimed) + b"{}"
    for shape, offsets in (((2**40,), (0, 4)), ((4,), (0, 2**50)), ((4,), (16, 0)), ((-4,), (0, 16))):
        header = {"features.0.bias": {"dtype": "F32", "shape": shape, "data_offsets": offsets}}
        text = json.dumps(header).encode()
        yield "safetensors", struct.pack("<Q", len(text)) + text + b"\0" * 16
    for attack in (Attack(), [Attack()], {"features.0.bias": Attack()}):
        yield "pth", pickle.dumps(attack)
        buffer = io.BytesIO()
        torch.save(attack, buffer)
        yield "pth", buffer.getvalue()


class Attack:
    """Unpickled, it would write a file."""

    def __reduce__(self):
        return open, ("attacked", "w")


def outcome(path):
    try:
        if path.suffix in (".safetensors", ".pth"):
            load(path, SHAPES)
        else:
            read(path)
    except (UnreadableError, UnusableError) as error:
        if str(path) not in str(error):
            raise AssertionError(f"{error} does not name {path}") from error
        return "refused"
    return "read"


def main(folder):
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    chance, counts = random.Random(5), Counter()
    malformed = [(suffix, bad) for suffix, content in whole_files() for bad in damages(content, chance)]
    for number, (suffix, content) in enumerate([*malformed, *bombs()]):
        path = Path(folder) / f"{number:03}.{suffix}"
        path.write_bytes(content)
        counts[outcome(path)] += 1
    print(json.dumps(counts))


if __name__ == "__main__":
    main(sys.argv[1])
