"""Find the network of each file whose records several networks write alike.

Facebook, Instagram and Messenger give threads of messages, and records with labels, in one form.
So the place tells whose they are: the file's own path, else the archive around it. A run may hold
archives of several of these networks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from vanne.packs import shared
from vanne.sources.file_reader import Context, FileReader, Read
from vanne.sources.marks import is_private
from vanne.sources.reading import RowResult, item_id


def at_home(files: Sequence[FileReader]) -> tuple[FileReader, ...]:
    """Return the files, those of a shared form with the network that each lies with."""
    counts: dict[int, Counter[str]] = {}
    for file in files:
        counts.setdefault(id(file.archive), Counter())[_network(file.reader)] += 1
    everywhere = sum(counts.values(), Counter[str]())
    moved = list[FileReader]()
    for file in files:
        if sharing := shared().get(_network(file.reader)):
            home = _home(file, sharing, counts[id(file.archive)], everywhere)
            read = _read_at(home, file.read)
            file = replace(file, reader=_reader_at(home, file.reader), read=read)
        moved.append(file)
    return tuple(moved)


def _home(
    file: FileReader, sharing: Sequence[str], in_archive: Counter[str], everywhere: Counter[str]
) -> str:
    paths = (other.path for other in file.archive.entries)
    return (
        _named(file.entry.path, sharing)
        or _named(file.archive.name, sharing)
        or _most(in_archive, sharing)
        or next(filter(None, (_named(path, sharing) for path in paths)), None)
        or _most(everywhere, sharing)
        or sharing[0]
    )


def _network(reader: str) -> str:
    return reader.partition("/")[0]


def _named(place: str, sharing: Iterable[str]) -> str | None:
    """Return the one network that a path names: what a thread of messages is called counts not."""
    folders = list[str]()
    for part in PurePosixPath(place).parts:
        if is_private(part):
            break
        folders.append(part.casefold())
    named = [network for network in sharing if any(network in folder for folder in folders)]
    return named[0] if len(named) == 1 else None


def _most(counts: Counter[str], sharing: Iterable[str]) -> str | None:
    """Return the network of which most files are."""
    here = [network for network in sharing if counts[network]]
    return max(here, key=lambda network: counts[network], default=None)


def _reader_at(home: str, reader: str) -> str:
    return f"{home}/{reader.partition('/')[2] or 'records'}"


def _read_at(home: str, read: Read) -> Read:
    def moved(context: Context) -> Iterator[RowResult]:
        for result in read(context):
            if (item := result.item) is None:
                yield result
            else:
                source, key = _reader_at(home, item.source or ""), item_id(home, item.item_id)
                yield result._replace(item=replace(item, item_id=key, source=source))

    return moved
