"""Make up what members share with others: comments, recommendations, photos, messages.

These are the only items that depend on how many members there are. Others are members from the
neighbourhood (by number), or people outside the network, whose ids start with `ext:`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from vanne.demo import texts
from vanne.demo.dice import Dice
from vanne.demo.items import item, post_times, tongue
from vanne.demo.people import DemoPerson, person
from vanne.demo.photos import store
from vanne.terms import Category, Item, MemberId

_NEIGHBOURHOOD = 40  # members on either side


@dataclass(frozen=True, slots=True)
class Circle:
    """A member and the network around them."""

    member: DemoPerson
    seed: int
    members: int
    as_of: datetime

    def dice(self, *about: object) -> Dice:
        """Return the dice for something between this member and others."""
        return self.member.dice("links", self.members, *about)

    def other(self, dice: Dice) -> DemoPerson:
        """Return another member, of the same language if a few tries find one."""
        for _ in range(4):
            neighbour = self._neighbour(dice)
            if neighbour.home.lang == self.member.home.lang:
                break
        return neighbour

    def _neighbour(self, dice: Dice) -> DemoPerson:
        step = dice.between(1, min(_NEIGHBOURHOOD, self.members - 1))
        place = self.member.number - 1 + (step if dice.chance(0.5) else -step)
        return person("network", self.seed, place % self.members + 1, self.as_of)

    def together(self, other: DemoPerson, dice: Dice) -> datetime:
        """Return a time at which both are members."""
        return dice.moment(max(self.member.joined_at, other.joined_at), self.as_of)


def outsider(number: int) -> MemberId:
    """Return the id of the person outside the network whom that member knows."""
    return f"ext:{number:05d}"


def is_objected(number: int) -> bool:
    """Say whether that outsider wrote a recommendation and objects to its use: one in sixty."""
    return number % 60 == 11


def shared_items(circle: Circle, media: Path | None = None) -> Iterator[Item]:
    """Yield the items of a member that others appear in or wrote."""
    if circle.members > 1:
        yield from _comments(circle)
        yield from _reactions(circle)
        yield from _recommendations(circle)
        yield from _messages(circle)
        yield from _group_photo(circle, media)
    yield from _outside(circle)


def _comments(circle: Circle) -> Iterator[Item]:
    """Yield comments: about somebody's post, after it, and on its matter."""
    number = 0
    for attempt in range(circle.dice("comments").weighted((0, 1, 2, 3), (42, 36, 16, 6))):
        dice = circle.dice("comment", attempt)
        other = circle.other(dice)
        if not (posted := post_times(other, circle.as_of)):
            continue
        number += 1
        when = dice.moment(max(dice.choice(posted), circle.member.joined_at), circle.as_of)
        writer = texts.voice(circle.member, dice, tongue(circle.member, dice), when)
        writer.words = {**writer.words, "first": other.first}
        writer.lists = other.work(writer.lang).lists
        comment = item(circle.member, Category.COMMENT, number, when, writer.say_one("comment"))
        yield replace(comment, lang=writer.lang, subjects=(other.member_id,))


def _reactions(circle: Circle) -> Iterator[Item]:
    for number in range(1, circle.dice("reactions").between(0, 2) + 1):
        dice = circle.dice("reaction", number)
        other = circle.other(dice)
        when = circle.together(other, dice)
        writer = texts.voice(circle.member, dice, circle.member.home.lang, when)
        reaction = item(circle.member, Category.REACTION, number, when, writer.say_one("reaction"))
        yield replace(reaction, subjects=(other.member_id,), visibility="network")


def _recommendations(circle: Circle) -> Iterator[Item]:
    """Yield what another member wrote about this one: theirs to show, the other's words."""
    dice = circle.dice("recommendation")
    author = circle.other(dice)
    when = circle.together(author, dice)
    if not dice.chance(0.3) or texts.is_pupil(circle.member, when):
        return
    yield _recommendation(circle.member, author.member_id, 1, when, dice)


def _recommendation(
    about: DemoPerson, author: MemberId, number: int, when: datetime, dice: Dice
) -> Item:
    text = texts.voice(about, dice, about.home.lang, when).say_one("recommendation")
    written = item(about, Category.RECOMMENDATION, number, when, text)
    return replace(written, author=author, subjects=(about.member_id,))


def _messages(circle: Circle) -> Iterator[Item]:
    for number in range(1, circle.dice("messages").between(0, 2) + 1):
        dice = circle.dice("message", number)
        other = circle.other(dice)
        when = circle.together(other, dice)
        writer = texts.voice(other, dice, circle.member.home.lang, when)
        text = writer.say_one("private_message")
        message = item(circle.member, Category.PRIVATE_MESSAGE, number, when, text)
        yield replace(message, subjects=(other.member_id,), visibility="private")


def _group_photo(circle: Circle, media: Path | None) -> Iterator[Item]:
    dice = circle.dice("group photo")
    if not dice.chance(0.15):
        return
    other = circle.other(dice)
    when = circle.together(other, dice)
    name = f"photos/{circle.member.member_id}-2.png"
    if media:
        store(media, name, circle.member.dice("paint", 2), circle.member.occupation)
    photo = item(circle.member, Category.PHOTO, 2, when, None)
    yield replace(photo, media=name, subjects=(other.member_id,))


def _outside(circle: Circle) -> Iterator[Item]:
    """Yield what somebody outside the network appears in: an address book, a recommendation."""
    me, dice = circle.member, circle.member.dice("outside")
    when = dice.moment(me.joined_at, circle.as_of)
    stranger = person("held-out", circle.seed, me.number, circle.as_of)
    if dice.chance(0.25) or me.number % 17 == 5:
        writer = texts.voice(me, dice, me.home.lang, when)
        domain = stranger.email.replace("@example.org", "@example.com")
        writer.words = {**writer.words, "other": stranger.name, "other_email": domain}
        contact = item(me, Category.CONTACT, 1, when, writer.say_one("contact"))
        yield replace(contact, subjects=(outsider(me.number),), visibility="private")
    if (dice.chance(0.08) or is_objected(me.number)) and not texts.is_pupil(me, when):
        yield _recommendation(me, outsider(me.number), 2, when, dice)
