"""Find what says the same as something else: exactly, or nearly. Only exports leave copies out.

Exactly: the sha256 of the text is the same once it is in Unicode's form NFC and each run of white
space is one space; of a photo, that of its bytes. Nearly: two texts share at least `threshold` of
their runs of three words (Jaccard), as 128 MinHash values estimate it (Broder, 1997; the values are
rensa's); locality-sensitive hashing finds the pairs worth comparing (Indyk and Motwani, 1998).

INVARIANT: in the order of item ids, a text stays unless a text that stays is a copy of it. So of
equal texts the one with the smallest id stays, whatever the order of the files, and every text that
is left out has a copy that is not. The answer depends on nothing but the texts that are allowed
now: when the one that stayed is taken back, another copy comes in its place, as if it had never
been there. (Libraries flag all copies of a text, or all but the first one that they met.)
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

KEPT, EXACT, NEAR = 0, 1, 2

VALUES = 128  # the estimate is then off by 0.035 (one sigma) at a similarity of 0.8
SEED = 1
WORDS = 3  # words in a run
FOUND = 0.99  # of the pairs exactly as similar as the threshold, how many must become candidates
COMPARED = 64  # of those that stayed in a bucket: a form that all fill in makes huge buckets

Verdicts = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]

# Scripts that put no space between words: each sign counts as a word.
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"
_NO_WORD = r"[^\p{L}\p{M}\p{N}]+"


def normalised(text: str) -> str:
    """Return the text as it is compared.

    >>> normalised("  Cafe\\u0301\\n crème ") == "Café crème"
    True
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def bands_for(threshold: float) -> tuple[int, int]:
    """Return how many bands of how many values: the longest that still find nearly every pair.

    A pair of similarity s becomes a candidate with the probability 1 - (1 - s**rows)**bands.

    >>> bands_for(0.8)
    (21, 6)
    """
    for rows in range(VALUES, 1, -1):
        bands = VALUES // rows
        if 1 - (1 - threshold**rows) ** bands >= FOUND:
            return bands, rows
    return VALUES, 1


@dataclass(slots=True)
class Copies:
    """Takes texts (or photos) one batch after the other and then says which are copies.

    Holds about 60 bytes a text; the MinHash values lie in `scratch`, 424 bytes a text at 0.8.
    Without a threshold only exact copies are found, and nothing is written.
    """

    scratch: Path
    threshold: float | None
    _ids: list["pa.Array"] = field(default_factory=list)
    _digests: list[Hashes] = field(default_factory=list)
    _worded: list[npt.NDArray[np.bool_]] = field(default_factory=list)

    def add_texts(self, item_ids: "pa.Array", texts: Sequence[str]) -> None:
        """Take a batch of texts with their ids."""
        plain = [normalised(text) for text in texts]
        self.add_digests(item_ids, [hashlib.sha256(text.encode()).digest() for text in plain])
        if self.threshold is not None:
            shingles, offsets = shingles_of(plain)
            self._worded.append(np.diff(offsets) > 0)
            self._store(min_hashes(shingles, offsets))

    def add_digests(self, item_ids: "pa.Array", digests: Sequence[bytes]) -> None:
        """Take a batch of which only exact copies count; 128 bits of each sha256 are kept."""
        self._ids.append(item_ids)
        whole = np.frombuffer(b"".join(digests), dtype=np.uint64)
        self._digests.append(whole.reshape(-1, 4)[:, :2].copy())

    def verdicts(self) -> Verdicts:
        """Return KEPT, EXACT or NEAR for each text, in the order in which they came."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self._ids:
            return np.zeros(0, dtype=np.uint8)
        ids = pa.chunked_array(self._ids)
        order = pc.sort_indices(ids).to_numpy().astype(np.int64)  # by code point, any locale
        verdicts = _exact(np.concatenate(self._digests), order)
        if self.threshold is not None:
            worded = np.concatenate(self._worded)
            considered = order[(verdicts[order] == KEPT) & worded[order]]
            verdicts[self._near(considered, self.threshold)] = NEAR
        return verdicts

    def _store(self, values: npt.NDArray[np.uint32]) -> None:
        assert self.threshold is not None
        keys = band_keys(values, *bands_for(self.threshold))
        for number, column in enumerate(keys.T):
            with self._band(number).open("ab") as file:
                file.write(column.tobytes())
        with self._sketches.open("ab") as file:
            file.write(values.astype(np.uint16).tobytes())  # two differ by chance once in 65,536

    def _band(self, number: int) -> Path:
        return self.scratch / f"band-{number:03}"

    @property
    def _sketches(self) -> Path:
        return self.scratch / "sketches"

    def _near(self, considered: npt.NDArray[np.int64], threshold: float) -> npt.NDArray[np.int64]:
        """Return the rows that are near-copies; `considered` are rows in the order of their ids."""
        if not len(considered):
            return considered
        sketches = np.memmap(self._sketches, dtype=np.uint16, mode="r").reshape(-1, VALUES)
        bands, _ = bands_for(threshold)
        columns = (np.fromfile(self._band(n), dtype=np.uint64)[considered] for n in range(bands))
        positions, buckets = _shared(columns)
        return considered[_later(positions, buckets, sketches, considered, threshold)]


def _exact(digests: Hashes, order: npt.NDArray[np.int64]) -> Verdicts:
    """Mark every row whose digest a row with a smaller id has."""
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    grouped = np.lexsort((rank, digests[:, 1], digests[:, 0]))
    same = (digests[grouped][1:] == digests[grouped][:-1]).all(axis=1)
    verdicts = np.zeros(len(order), dtype=np.uint8)
    verdicts[grouped[1:][same]] = EXACT
    return verdicts


# Near copies: runs of words, their MinHash values, the bands


def shingles_of(texts: Sequence[str]) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Return a hash of each run of three words, flat, and where each text's begin.

    Case and punctuation do not count. A shorter text is one run; one without words has none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    lower = pc.utf8_lower(pa.array(texts, pa.large_string()))
    apart = pc.replace_substring_regex(lower, _UNSPACED, r" \1 ")
    spaced = pc.utf8_trim(pc.replace_substring_regex(apart, _NO_WORD, " "), " ")
    words = pc.utf8_split_whitespace(spaced)
    starts, hashes = words.offsets.to_numpy().astype(np.int64), _word_hashes(words.values)
    lengths = np.diff(starts)
    lengths[pc.equal(spaced, "").to_numpy(zero_copy_only=False)] = 0
    runs = np.where(lengths == 0, 0, np.maximum(lengths - (WORDS - 1), 1))
    offsets = np.concatenate(([0], np.cumsum(runs)))
    first = np.repeat(starts[:-1] - offsets[:-1], runs) + np.arange(offsets[-1])
    ends = np.repeat(starts[:-1] + lengths, runs)
    padded = np.append(hashes, np.uint64(0))  # what follows the last word of a short text
    mixed = np.zeros(len(first), dtype=np.uint64)
    for place in range(WORDS):
        word = np.where(first + place < ends, first + place, len(hashes))
        mixed = _mixed(mixed ^ padded[word])
    return mixed, offsets


def _word_hashes(words: "pa.Array") -> Hashes:
    """Return 64 bits of each word's BLAKE2b: the same in every process, on every machine."""
    encoded = words.dictionary_encode()
    digests = [
        hashlib.blake2b(word.encode(), digest_size=8).digest()
        for word in encoded.dictionary.to_pylist()
    ]
    hashes = np.frombuffer(b"".join(digests), dtype=np.uint64)
    return np.asarray(hashes[encoded.indices.to_numpy()], dtype=np.uint64)


def _mixed(values: Hashes) -> Hashes:
    """Scatter 64 bits over 64 bits (the finaliser of SplitMix64; Steele, Lea and Flood, 2014)."""
    values = (values + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def min_hashes(shingles: Hashes, offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """Return the MinHash values of each text: one row of 128."""
    from rensa import RMinHash

    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        shingles, offsets.astype(np.uint64), VALUES, SEED
    )
    return np.array(matrix.to_rows(), dtype=np.uint32).reshape(-1, VALUES)


def band_keys(values: npt.NDArray[np.uint32], bands: int, rows: int) -> Hashes:
    """Return one key per text and band: texts with an equal key are candidates."""
    parts = values[:, : bands * rows].reshape(-1, bands, rows).astype(np.uint64)
    keys = np.zeros(parts.shape[:2], dtype=np.uint64)
    for place in range(rows):
        keys = _mixed(keys ^ parts[:, :, place])
    return keys


def _shared(columns: Iterator[Hashes]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return (position, bucket) of each text that shares a bucket, ordered by position.

    A bucket is an equal key in one band.
    """
    positions, buckets, used = [], [], 0
    for keys in columns:
        order = np.argsort(keys, kind="stable")
        same = keys[order][1:] == keys[order][:-1]
        is_shared = np.concatenate(([False], same)) | np.concatenate((same, [False]))
        number = np.concatenate(([0], np.cumsum(~same))) + used
        used += len(keys)
        positions.append(order[is_shared])
        buckets.append(number[is_shared])
    position, bucket = np.concatenate(positions), np.concatenate(buckets)
    by_position = np.argsort(position, kind="stable")
    return position[by_position], bucket[by_position]


def _later(
    positions: npt.NDArray[np.int64],
    buckets: npt.NDArray[np.int64],
    sketches: npt.NDArray[np.uint16],
    considered: npt.NDArray[np.int64],
    threshold: float,
) -> list[int]:
    """Go through the candidates in the order of ids; return the positions that have a copy before.

    Each is compared with those that stayed and share a bucket (of each bucket, the first 64), by
    its values: that is what the threshold means. The buckets only say whom to compare.
    """
    later: list[int] = []
    stayed: dict[int, list[int]] = defaultdict(list)
    present, starts = np.unique(positions, return_index=True)
    ends = np.append(starts, len(positions))[1:]
    for position, start, end in zip(present.tolist(), starts, ends, strict=True):
        own = buckets[start:end].tolist()
        others = {other for bucket in own for other in stayed.get(bucket, ())}
        mine = sketches[considered[position]]
        equal = (sketches[considered[list(others)]] == mine).mean(axis=1) if others else np.zeros(1)
        if equal.max() >= threshold:
            later.append(position)
            continue
        for bucket in own:
            if len(stayed[bucket]) < COMPARED:
                stayed[bucket].append(position)
    return later
