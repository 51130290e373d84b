"""The marks of an archive that a pack names: what in it is nobody's, private, or not read."""

from pathlib import PurePosixPath

from vanne.packs import working
from vanne.sources.archive import Archive, ArchiveMember
from vanne.sources.streams import decode

_A_SENTENCE = 1000
_TEXTS = (".txt", ".csv", ".md")


def is_of_the_network(archive: Archive, entry: ArchiveMember) -> bool:
    """Say whether a file is nothing of the member's: a page that shows the archive, an empty note.

    What belongs to such a page lies beside it.
    """
    name = PurePosixPath(entry.path).name
    for pack in working():
        facts = pack.facts
        if entry.size <= _A_SENTENCE and (
            name in facts.empty_files or (facts.empty_words and _says(entry, facts.empty_words))
        ):
            return True
        if not facts.viewer:
            continue
        if name == facts.viewer:
            return True
        for part in facts.viewer_files:
            around, part_there, _ = f"/{entry.path}".partition(f"/{part}")
            page = f"{around}/{facts.viewer}".lstrip("/")
            if part_there and any(other.path == page for other in archive.entries):
                return True
    return False


def _says(entry: ArchiveMember, words: tuple[str, ...]) -> bool:
    """Say whether a text says one of some sentences, and nothing else."""
    if PurePosixPath(entry.path).suffix.lower() not in _TEXTS:
        return False
    said = " ".join(decode(entry.read()).text.split()).rstrip(".").casefold()
    return said in (" ".join(each.split()).rstrip(".").casefold() for each in words)


def is_of_messages(path: str) -> bool:
    """Say whether a file lies where a network puts what was sent, named by a record or not."""
    return any(map(is_private, PurePosixPath(path).parts[:-1]))


def is_private(folder: str) -> bool:
    """Say whether a folder is called as one in which a network puts what was sent."""
    return any(folder.casefold() in pack.facts.private_folders for pack in working())


def network_of_page(place: str, head: bytes) -> str | None:
    """Return the network of a page of a download as HTML; None if it is of no download.

    Of networks that share their pages, it is the one that the place names, or else the page.
    """
    place, start = f"/{place}".casefold(), head.decode(errors="replace").casefold()
    for pack in working():
        in_head = any(word in start for word in pack.facts.page_words)
        if in_head or any(folder in place for folder in pack.facts.page_folders):
            sharing = pack.facts.shared_by or (pack.key,)
            named = [n for text in (place, start) for n in sharing if n in text]
            return next(iter(named), sharing[0])
    return None
