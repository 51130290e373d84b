"""What a member is sent: the opportunities that fit, each only once, or why there are none.

Who switched job matching off gets nothing, and what was remembered of them is forgotten.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vanne.config import Home
from vanne.terms import LANGUAGES, MemberId
from vanne_assist.brief.criteria import Passage
from vanne_assist.jobs import PURPOSE
from vanne_assist.jobs.board import Board
from vanne_assist.jobs.match import FAR_KM, Muted, Opportunity, match, profile_of
from vanne_assist.jobs.memory import forget, muted_by, show, shown_to
from vanne_assist.own import everybodys_passages, own_passages

MOST = 10
_LOOKED_AT = 200

Why = Literal["nothing-to-read", "nothing-fits", "nothing-new"]


@dataclass(frozen=True, slots=True)
class Digest:
    """Opportunities for a member. `why` says why there are none; `read` are the items used.

    `new` counts those that were not shown before, `open` the postings that could be applied for.
    """

    member: MemberId
    lang: str
    as_of: datetime
    opportunities: tuple[Opportunity, ...]
    new: frozenset[str]
    open: int
    far: int
    read: tuple[Passage, ...]
    muted: tuple[Muted, ...]
    why: Why | None


@dataclass(frozen=True, slots=True)
class Wish:
    """How a digest is made. `fresh` leaves out what was shown before and remembers what is now.

    As a `preview` it remembers nothing.
    """

    as_of: datetime
    lang: str | None = None
    within_km: float | None = FAR_KM
    count: int = MOST
    fresh: bool = False
    preview: bool = False


def opportunities(
    home: Home,
    board: Board,
    member: MemberId,
    wish: Wish,
    passages: tuple[Passage, ...] | None = None,
) -> Digest:
    """Return what fits a member, by what may be read of theirs.

    If nobody says what that is, it is what the corpus of the purpose has: refresh it first.
    """
    read = own_passages(home, PURPOSE, member) if passages is None else passages
    if not read:
        return nothing_to_read(home, member, wish)
    return _digest(home, board, member, read, wish)


def nothing_to_read(home: Home, member: MemberId, wish: Wish) -> Digest:
    """Return the digest of who shows nothing, or switched it off, and forget them."""
    forget(home, member)
    return _nothing(member, wish)


def everybodys(
    home: Home, board: Board, members: Sequence[MemberId], wish: Wish
) -> Iterator[Digest]:
    """Yield the digest of each member; the corpus is read once."""
    passages = everybodys_passages(home, PURPOSE)
    for member in members:
        yield _digest(home, board, member, passages.get(member, ()), wish)


def _digest(
    home: Home, board: Board, member: MemberId, passages: tuple[Passage, ...], wish: Wish
) -> Digest:
    if not passages:
        return nothing_to_read(home, member, wish)
    lang = wish.lang or language_of(passages)
    muted, seen = muted_by(home, member), shown_to(home, member)
    profile = profile_of(member, passages, wish.as_of, muted)
    found = match(
        board, profile, wish.as_of, muted=muted, within_km=wish.within_km, count=_LOOKED_AT
    )
    fits = [each for each in found.opportunities if each.is_fit]
    left = [e for e in fits if not (wish.fresh and e.posting.posting_id in seen)][: wish.count]
    ids = [each.posting.posting_id for each in left]
    if wish.fresh and not wish.preview:
        show(home, member, ids, wish.as_of)
    why: Why | None = None if left else "nothing-new" if fits else "nothing-fits"
    new = frozenset(ids) - seen
    return Digest(
        member, lang, wish.as_of, tuple(left), new, found.open, found.far, passages, muted, why
    )


def _nothing(member: MemberId, wish: Wish) -> Digest:
    why: Why = "nothing-to-read"
    return Digest(member, wish.lang or "en", wish.as_of, (), frozenset(), 0, 0, (), (), why)


def language_of(passages: tuple[Passage, ...]) -> str:
    """Return the language that most of somebody's items are in, English if none says."""
    known = Counter(each.lang for each in passages if each.lang in LANGUAGES)
    return known.most_common(1)[0][0] or "en" if known else "en"
