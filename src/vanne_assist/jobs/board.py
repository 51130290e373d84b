"""The postings of a network, as they lie on the disk, ready to be matched.

    HOME/jobs/
    ├─ postings.jsonl   each posting with what it asks, in the order in which they were added
    └─ titles.arrow     the vectors of their titles; made anew whenever they do not fit

Postings are read and their criteria found once, when they are added. A posting with the id of one
that is there takes its place.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from vanne.config import Home
from vanne.corpus import arrays
from vanne.errors import InputError, MissingError, StorageError, VerificationError, storing
from vanne.files import write_whole
from vanne_assist.brief.criteria import Brief, Kind, criteria_json
from vanne_assist.brief.edits import criteria_of
from vanne_assist.jobs.asking import Asked, Flag, ask
from vanne_assist.jobs.posting import Pay, Posting
from vanne_assist.search.encoder import embed, encoder_name, fitted
from vanne_assist.search.ngrams import NgramIndex
from vanne_assist.search.title_index import TitleIndex
from vanne_assist.search.word_index import WordIndex
from vanne_assist.titles import neutral

SCHEMA = "vanne/postings/1"
_ADD = "add some: `vanne jobs add FILE`"


def folder(home: Home) -> Path:
    """Return where the postings of a home lie."""
    return home.root / "jobs"


@dataclass(frozen=True)
class Board:
    """Postings that can be matched."""

    asked: tuple[Asked, ...]
    titles: TitleIndex

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> "Board":
        """Make a board of postings that are in memory."""
        forms = tuple(dict.fromkeys(map(_form, asked)))
        return cls(tuple(asked), TitleIndex(forms, embed(forms), NgramIndex.of(forms)))

    @cached_property
    def forms(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """Which of the distinct titles each posting has."""
        place = {form: at for at, form in enumerate(self.titles.forms)}
        return np.array([place[_form(each)] for each in self.asked], np.int64)

    @cached_property
    def words(self) -> WordIndex:
        """The words of all postings, without what must not be asked."""
        return WordIndex.of([(each.brief.text, each.brief.lang)] for each in self.asked)

    def find(self, posting_id: str) -> Asked:
        """Return a posting by its id.

        Raises:
            MissingError: there is none.
        """
        for each in self.asked:
            if each.posting.posting_id == posting_id:
                return each
        raise MissingError(
            f"there is no posting `{posting_id}`", todo="see their ids: `vanne jobs list`"
        )


def _form(asked: Asked) -> str:
    """Return a posting's title in its form for everybody."""
    titles = [each.value for each in asked.brief.criteria if each.kind is Kind.TITLE]
    said = asked.posting.title
    return titles[0] if titles else neutral(said, asked.brief.lang) or said


def read(home: Home) -> tuple[Asked, ...]:
    """Return the postings of a home, none if none were added.

    Raises:
        InputError: the file is damaged.
    """
    path = folder(home) / "postings.jsonl"
    if not path.exists():
        return ()
    with storing(f"`{path.name}`"):
        lines = path.read_text(encoding="utf-8").splitlines()
    try:
        return tuple(_asked(json.loads(line)) for line in lines)
    except (ValueError, KeyError, TypeError) as error:
        todo = "restore it, or remove it and add the postings again"
        raise InputError("`jobs/postings.jsonl` is damaged", todo=todo) from error


def open_board(home: Home) -> Board:
    """Return the postings of a home, ready to be matched.

    Raises:
        MissingError: there are none.
    """
    asked = read(home)
    if not asked:
        raise MissingError(f"`{home.root}` has no job postings", todo=_ADD)
    forms = tuple(dict.fromkeys(map(_form, asked)))
    vectors = _known_vectors(home, forms)
    if vectors is None:
        board = Board.of(asked)
        _keep_vectors(home, board.titles)
        return board
    return Board(asked, TitleIndex(forms, vectors, NgramIndex.of(forms)))


def add(home: Home, postings: Iterable[Posting], as_of: datetime) -> tuple[int, int, int]:
    """Add postings; let go of those that are over. Return how many are new, replaced, over."""
    there = {each.posting.posting_id: each for each in read(home)}
    new = replaced = 0
    for posting in postings:
        replaced += posting.posting_id in there
        new += posting.posting_id not in there
        there[posting.posting_id] = ask(posting)
    still = [each for each in there.values() if each.posting.is_open(as_of)]
    _write(home, still)
    return new, replaced, len(there) - len(still)


def _write(home: Home, asked: Sequence[Asked]) -> None:
    lines = [json.dumps(_row(each), ensure_ascii=False) for each in asked]
    with storing("the job postings"):
        folder(home).mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(folder(home) / "postings.jsonl", "".join(f"{x}\n" for x in lines).encode())
    if asked:
        _keep_vectors(home, Board.of(asked).titles)


def _row(asked: Asked) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "posting": posting_row(asked.posting),
        "text": asked.brief.text,
        "criteria": criteria_json(asked.brief.criteria),
        "flags": [asdict(flag) for flag in asked.flags],
    }


def posting_row(posting: Posting) -> dict[str, Any]:
    """Return a posting as JSON holds it."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(posting).items()
        if value not in (None, ())
    }


def _asked(row: dict[str, Any]) -> Asked:
    said = dict(row["posting"])
    known = {field.name for field in fields(Posting)}
    for name in ("asks", "skills", "sites", "places"):
        said[name] = tuple(said.get(name, ()))
    said["posted"] = date.fromisoformat(said["posted"]) if "posted" in said else None
    said["salary"] = Pay(**said["salary"]) if "salary" in said else None
    said["expires"] = datetime.fromisoformat(said["expires"]) if "expires" in said else None
    posting = Posting(**{name: value for name, value in said.items() if name in known})
    criteria = criteria_of(json.dumps(row["criteria"]))
    flags = tuple(Flag(**flag) for flag in row["flags"])
    return Asked(posting, Brief(row["text"], posting.lang, criteria, ""), flags)


def _about() -> dict[str, str]:
    return {"schema": SCHEMA, "encoder": encoder_name(), "whitening": fitted().digest}


def _keep_vectors(home: Home, titles: TitleIndex) -> None:
    import pyarrow as pa

    forms = pa.array(list(titles.forms), pa.large_string())
    columns = {"forms": forms, "vectors": titles.vectors.reshape(-1)}
    arrays.save(folder(home) / "titles.arrow", _about(), columns)


def _known_vectors(home: Home, forms: Sequence[str]) -> Any:
    try:
        about, columns = arrays.load(folder(home) / "titles.arrow")
    except (StorageError, VerificationError):
        return None
    if about != _about() or tuple(columns["forms"].to_pylist()) != tuple(forms):
        return None
    return columns["vectors"].reshape(len(forms), -1)
