"""How many items reserve their use in words of older drafts of AIPREF.

Those words (`train-genai`, `genai`, `ai`, `tdm`, `bots`, `all`) are read as `train-ai` or as more,
never as less. Whoever brings the items should know that their source still writes them: a later
draft took them out, and somebody else may not understand them. Only a number is told.
"""

from collections.abc import Iterable
from typing import Any

import http_sf

from vanne.policy.policy import OLDER_KEYS
from vanne.sources.scan import opened
from vanne.sources.schema import ITEMS


def is_older(text: str) -> bool:
    """Say whether a Content-Usage value (RFC 9651) uses an older word.

    >>> is_older("train-genai=n"), is_older("train-ai=n, search=y"), is_older("all")
    (True, False, True)
    """
    try:
        stated: Any = http_sf.parse(text.encode("ascii"), tltype="dictionary")
    except (ValueError, UnicodeEncodeError):
        return False
    return not OLDER_KEYS.isdisjoint(stated)


def older_words(source: str) -> int:
    """Count the items of a table whose reservation uses an older word: it reads that column alone.

    Raises:
        InputError: the table cannot be read as items.
    """
    with opened(source, ITEMS, "items", threads=2) as (connection, relation, types):
        if "reservation" not in types:
            return 0
        query = f"SELECT CAST(reservation AS VARCHAR), count(*) FROM {relation} GROUP BY 1"
        found: Iterable[tuple[str | None, int]] = connection.sql(query).fetchall()
    return sum(count for text, count in found if text is not None and is_older(text))
