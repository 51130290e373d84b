"""The record of the exports that were made: of each version of the corpus, to whom and when.

`corpus/exported` has a file for each version that was exported, with one line of JSON for each
export. `prune` leaves these versions, so that what an export held is known for as long as the home.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vanne.config import Home
from vanne.errors import storing
from vanne.files import write_whole


@dataclass(frozen=True, slots=True)
class ExportMade:
    """One export of a version of the corpus. An unknown receiver or time is None."""

    corpus: str
    receiver: str | None
    at: datetime | None


def record_export(home: Home, corpus: str, receiver: str | None, at: datetime) -> None:
    """Record that a version is exported, before the first of its rows is written."""
    path = home.corpus / "exported" / corpus
    line = json.dumps({"at": at.isoformat(), "receiver": receiver}, ensure_ascii=False)
    with storing(f"`{path}`"):
        earlier = path.read_bytes() if path.exists() else b""
        write_whole(path, earlier + line.encode() + b"\n")


def exports_made(home: Home) -> list[ExportMade]:
    """Return the exports that were made, version by version.

    Raises:
        StorageError: the record cannot be read.
    """
    made = []
    with storing("the record of the exports"):
        for path in sorted((home.corpus / "exported").glob("[!.]*")):
            lines = [dict[str, Any](json.loads(each)) for each in path.read_bytes().splitlines()]
            for facts in lines or [{}]:  # before there was a record, the file was empty
                at = datetime.fromisoformat(facts["at"]) if "at" in facts else None
                made.append(ExportMade(path.name, facts.get("receiver"), at))
    return made
