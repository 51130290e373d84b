"""HTML pages: LinkedIn's articles, and downloads that can't be read."""

import re

from vanne.sources.archive import Archive, Entry
from vanne.sources.kinds import kind_of
from vanne.sources.linkedin import open_article
from vanne.sources.opened import Opened, set_aside
from vanne.words import Message

_META = re.compile(rb"facebook|instagram|_a6-g|_3-95", re.IGNORECASE)
_FOLDERS_OF_META = re.compile(
    r"facebook|instagram|(?:^|/)(?:ads|logged|personal|security_and_login)_information/"
    r"|(?:^|/)(?:messages/inbox|connections|preferences|posts|comments_and_reactions)/",
    re.IGNORECASE,
)


def open_page(archive: Archive, entry: Entry, head: bytes) -> Opened:
    """Open a page."""
    if kind_of(entry.path) is not None:
        return open_article(archive, entry)
    place = f"{archive.name}/{entry.path}"
    if not (_META.search(head) or _FOLDERS_OF_META.search(place)):
        return set_aside(archive, entry, Message("unknown-file"))
    return set_aside(archive, entry, Message("ask-for-json"), f"{_home(place, head)}/page")


def _home(place: str, head: bytes) -> str:
    """Say whose page it is: by where it lies, else by what it links to."""
    for said in (place, head.decode(errors="replace")):
        for network in ("facebook", "instagram"):
            if network in said.casefold():
                return network
    return "facebook"
