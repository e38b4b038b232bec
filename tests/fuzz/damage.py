"""Files damaged by chance: bytes of headers, parts of saved models, text of tables."""

import gzip
import io
import json
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

__all__ = ["Images", "Models", "mutated", "mutated_text"]

WHOLE = [0, 1, -1, 2, 7, 8, 16, 255, 256, 32767, -32768, 348, 540, 2**31 - 1, -(2**31)]
REAL = [0.0, -1.0, np.nan, np.inf, -np.inf, 1e38, 1e-38, 352.0, 1e10]
LEAVES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 1.5, 1e308, np.nan, np.inf, 10**30, -(10**30)),
    *("", "a", "\x00", "a" * 1000, "__class__", "float32", "object", "AR1", "ols"),
    *([], {}, [None], [[1]], ["a"], {"a": 1}),
]


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Bytes with a few of them changed, taken out or overwritten by numbers."""
    found = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        if not found:
            break
        near = min(len(found), 600) if rng.random() < 0.85 else len(found)
        place = rng.randrange(near)
        kind = rng.randrange(7)
        order = rng.choice("<>")
        if kind == 0:
            found[place] = rng.randrange(256)
        elif kind == 1:
            found[place] ^= 1 << rng.randrange(8)
        elif kind == 2:
            short = max(-32768, min(32767, rng.choice(WHOLE)))
            found[place : place + 2] = struct.pack(f"{order}h", short)
        elif kind == 3:
            found[place : place + 4] = struct.pack(f"{order}i", rng.choice(WHOLE))
        elif kind == 4:
            place -= place % 4
            found[place : place + 4] = struct.pack(f"{order}f", rng.choice(REAL))
        elif kind == 5:
            del found[place : place + rng.choice([1, 2, 4, 100])]
        elif rng.random() < 0.3:
            del found[place:]
    return bytes(found)


def mutated_text(text: str, words: list[str], rng: random.Random) -> str:
    """Text with a few pieces changed for words of its kind."""
    found = list(text)
    for _ in range(rng.choice([1, 1, 2, 4])):
        place = rng.randrange(len(found) + 1)
        if rng.random() < 0.5:
            found[place : place + rng.choice([1, 2, 5])] = []
        else:
            found.insert(place, rng.choice(words))
    return "".join(found)


class Images:
    """Small image files of the formats that are read, and damaged ones.

    Parameters
    ----------
    folder : Path
        Where they are written.
    """

    KINDS = (
        ("a.nii", nib.Nifti1Image, np.float32),
        ("b.nii", nib.Nifti1Image, np.int16),
        ("c.nii.gz", nib.Nifti1Image, np.float32),
        ("d.nii", nib.Nifti2Image, np.float32),
        ("e.mgh", nib.MGHImage, np.float32),
        ("f.mgz", nib.MGHImage, np.float32),
        ("g.img", nib.Nifti1Pair, np.int16),
        ("h.img", nib.Spm99AnalyzeImage, np.int16),
    )

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        data = np.arange(72).reshape(2, 3, 4, 3)
        self.whole: dict[str, bytes] = {}
        for name, kind, dtype in self.KINDS:
            nib.save(kind(data.astype(dtype), np.diag([2.0, 2, 2, 1])), folder / name)
            self.whole[name] = (folder / name).read_bytes()
            if name.endswith(".img"):
                header = f"{name[:-4]}.hdr"
                self.whole[header] = (folder / header).read_bytes()

    def damaged(self, rng: random.Random) -> Path:
        """A file of which something is damaged."""
        name = rng.choice(list(self.whole))
        content = self.whole[name]
        if name.endswith(("gz", "mgz")) and rng.random() < 0.7:
            content = gzip.compress(mutated(gzip.decompress(content), rng), 1)
        else:
            content = mutated(content, rng)
        stem = name[:-4]
        if name.endswith((".img", ".hdr")):
            for part in (f"{stem}.img", f"{stem}.hdr"):
                (self.folder / part).write_bytes(self.whole[part])
        (self.folder / name).write_bytes(content)
        return self.folder / (f"{stem}.img" if name.endswith(".hdr") else name)


class Models:
    """The file of a saved model, and hostile ones made of it."""

    def __init__(self, path: Path) -> None:
        self.whole = path.read_bytes()
        with np.load(path) as stored:
            self.parts = {name: stored[name] for name in stored.files}

    def hostile(self, path: Path, rng: random.Random) -> str:
        """Write one, and say what was done to it."""
        kind = rng.random()
        if kind < 0.2:
            path.write_bytes(mutated(self.whole, rng))
            return "bytes"
        parts = {name: _npy(array) for name, array in self.parts.items()}
        name = rng.choice(list(parts))
        if kind < 0.55:
            header = _changed(json.loads(str(self.parts["header"])), rng)
            parts["header"] = _npy(np.array(json.dumps(header)))
            what = f"header {json.dumps(header)[:300]}"
        elif kind < 0.85:
            array = _odd(self.parts[name], rng)
            parts[name] = _npy(array)
            what = f"{name} as {array.dtype} of shape {array.shape}"
        elif kind < 0.92:
            del parts[name]
            what = f"without {name}"
        else:
            parts[name] = mutated(parts[name], rng)
            what = f"bytes of {name}"
        self.write(path, parts, rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
        return what

    @staticmethod
    def write(path: Path, parts: dict[str, bytes], how: int) -> None:
        """Put the parts of a model into an archive."""
        with zipfile.ZipFile(path, "w", how) as archive:
            for name, content in parts.items():
                archive.writestr(f"{name}.npy", content)


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def _changed(value: Any, rng: random.Random) -> Any:
    """What JSON holds, with one leaf or branch changed."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.15:
        return rng.choice(LEAVES)
    place = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
    found = value.copy()
    if rng.random() < 0.1:
        del found[place]
    else:
        found[place] = _changed(value[place], rng)
    return found


def _odd(array: np.ndarray, rng: random.Random) -> np.ndarray:
    """An array of another type, shape or content."""
    plain = array if array.dtype.kind in "fiu" else np.ones(3)
    ways = [
        lambda: array.astype(object),
        lambda: plain[..., :-1],
        lambda: plain.astype("U5"),
        lambda: plain.reshape(-1),
        lambda: np.full(plain.shape, np.nan),
        lambda: np.zeros((0, *plain.shape[1:]), plain.dtype),
        lambda: plain.astype(complex),
        lambda: plain[None],
        lambda: np.full(plain.shape, rng.choice([1e100, -1e100, np.inf, -1, 1e-320])),
        lambda: np.zeros(plain.shape, dtype=[("x", "f8")]),
        lambda: plain.astype(np.int64 if plain.dtype.kind == "u" else ">f8"),
        lambda: plain.ravel()[::-1].reshape(plain.shape),
    ]
    with np.errstate(invalid="ignore"):
        return rng.choice(ways)()
