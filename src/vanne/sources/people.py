"""Identify the people in an archive: the member, and the others as opaque ids."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from urllib.parse import unquote

_URL = re.compile(r"(?:https?://|www\.)[^\s,;]+", re.IGNORECASE)
_NO_PERSON = re.compile(r"linkedin\.com/(?:company|school|showcase)/", re.IGNORECASE)
_START = re.compile(r"^(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Owner:
    """How the member appears in rows: by these names and these profile addresses."""

    names: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()

    def wrote(self, url: str, name: str) -> bool:
        """Say whether a row with this sender is the member's. The address outweighs the name."""
        if url.strip() and self.urls:
            return plain_url(url) in self.urls
        return bool(name.strip()) and plain_name(name) in self.names


@lru_cache(maxsize=4096)
def person_id(url: str, name: str) -> str | None:
    """Return the opaque id of somebody else: of their address, else of their name, else none.

    >>> person_id("www.linkedin.com/in/zo%C3%AB/", "") == person_id("linkedin.com/in/Zoë", "")
    True
    """
    key = plain_url(url) or plain_name(name)
    return f"person:{sha256(key.encode()).hexdigest()[:20]}" if key else None


def other(name: str, own: Container[str]) -> str | None:
    """Return the opaque id of who is called so; `None` if that is the member, or nobody."""
    return None if plain_name(name) in own else person_id("", name)


def others(names: Iterable[str], own: Container[str]) -> tuple[str, ...]:
    """Return the opaque ids of who is called so, each once and without the member."""
    people = (other(name, own) for name in names)
    return tuple(dict.fromkeys(person for person in people if person))


@lru_cache(maxsize=4096)
def plain_url(url: str) -> str:
    """Return a profile address as it is compared: no scheme, no host, no query, any case."""
    path = unquote(url.strip(), errors="replace").split("?")[0].rstrip("/").casefold()
    return _START.sub("linkedin.com", path)


def is_profile(url: str) -> bool:
    """Say whether an address is that of a person, and not of a company or a school.

    >>> is_profile("www.linkedin.com/in/zoe"), is_profile("https://www.linkedin.com/company/x")
    (True, False)
    """
    return bool(url.strip()) and _NO_PERSON.search(url) is None


def plain_name(name: str) -> str:
    """Return a name as it is compared."""
    return " ".join(name.split()).casefold()


def split_urls(cell: str) -> Iterable[str]:
    """Find the addresses in a cell by their shape: what joins them varies, names hold commas."""
    return _URL.findall(cell)
