"""Rules in code for what the tables of a network cannot describe: visibility, author, category.

Each rule gets the record, the item as the table makes it and the names of the member in that
network. It returns the corrected item, or the reason why there is none.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from vanne.sources.assistants import of_assistant
from vanne.sources.markup import unescaped
from vanne.sources.people import other, others, person_id, plain_name
from vanne.sources.record_paths import OddError, Record, joined, texts, values
from vanne.sources.sensitive import tagged
from vanne.terms import Category, Item
from vanne.words import Message

Rule = Callable[[Record, Item, frozenset[str]], Item | Message]

_PUBLIC = ("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public")
_X_FOLDERS = {
    "deleted-tweets": "deleted_tweets_media",
    "circle-tweets": "twitter_circle_tweet_media",
    "community-tweets": "community_tweet_media",
}
_COMMENT = re.compile("com|kom|opm|reac", re.IGNORECASE)
_ADDRESS = ("http:", "https:")
_META_AI = "meta ai"
_QUOTED = re.compile(
    r"\[quote\b[^\]]*\](?:(?!\[quote\b|\[/quote\]).)*\[/quote\]\s*", re.IGNORECASE | re.DOTALL
)
_NO = frozenset(
    "no non nein não nie ne нет ні false 0 faux falsch falso nej nee nei ei nem nu hayır いいえ 否 "
    "아니요 아니오 لا לא όχι không tidak".split()
)


def _addresses(record: Record, key: str) -> list[str]:
    value = record.get(key)
    addresses = value if isinstance(value, list) else [value] if value else []
    if not all(isinstance(one, str) for one in addresses):
        raise OddError(key)
    return addresses


def mastodon(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Tell from the addresses who may see an activity; a direct one is a private message."""
    kind, thing = record.get("type"), record.get("object")
    to, cc = _addresses(record, "to"), _addresses(record, "cc")
    if any(one in _PUBLIC for one in to):
        visibility = "public"
    elif any(one in _PUBLIC for one in cc):
        visibility = "unlisted"
    else:
        is_followers = any(one.endswith("/followers") for one in (*to, *cc))
        visibility = "followers" if is_followers else "direct"
    others = [one for one in (*to, *cc) if one not in _PUBLIC and not one.endswith("/followers")]
    people = (person_id(one, "") for one in others if plain_name(one) not in own)
    subjects = tuple(dict.fromkeys(person for person in people if person))
    item = replace(item, visibility=visibility, subjects=subjects)
    if kind == "Announce":
        media = thing if isinstance(thing, str) else item.media
        return replace(item, category=Category.REACTION, media=media, text=None)
    if kind != "Create" or not isinstance(thing, dict):
        return Message("activity-unknown")
    if visibility == "direct":
        return replace(item, category=Category.PRIVATE_MESSAGE)
    if thing.get("type") == "Article":
        return replace(item, category=Category.ARTICLE)
    if "name" in thing and "inReplyTo" in thing and not thing.get("content"):
        return replace(item, category=Category.POLL_VOTE)
    return replace(item, category=Category.COMMENT if thing.get("inReplyTo") else Category.POST)


def tweet(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Undo the escapes; of what was passed on, name the author; an answer is a comment."""
    text = unescaped(item.text or "")
    number = next(texts(record, ("id_str|id",)), "")
    folder = _X_FOLDERS.get((item.source or "").partition("/")[2], "tweets_media")
    item = replace(item, text=text or None, media=_x_files(item, folder, number))
    if text.startswith("RT @") and ":" in text:
        return replace(item, author=other(text[4:].split(":")[0], own))
    is_answer = record.get("in_reply_to_status_id_str") or record.get("in_reply_to_status_id")
    if is_answer and item.category == Category.POST:
        return replace(item, category=Category.COMMENT)
    return item


def _x_files(item: Item, folder: str, number: str) -> str | None:
    """Return where X's archive keeps the files that a record names by their addresses."""
    names = (PurePosixPath(place).name for place in (item.media or "").split("\n") if place)
    return "\n".join(dict.fromkeys(f"{folder}/{number}-{name}" for name in names)) or None


def x_message(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Name the files of a message as the archive does."""
    number = next(texts(record, ("messageCreate.id",)), "")
    return replace(item, media=_x_files(item, "direct_messages_media", number))


def grok(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Tell what the member asked from what the assistant answered."""
    sender = next(texts(record, ("sender?.originalName|sender",)), "")
    return of_assistant(item, is_own=sender.casefold() in ("user", "human", "1"))


def bluesky(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Tell an answer from a post."""
    return replace(item, category=Category.COMMENT) if record.get("reply") else item


def discourse(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Tell private topics by a word that is in the account's language; a doubt is private.

    What a post quotes is another's.
    """
    word = str(record.get("is_pm", "")).strip().casefold()
    text, count = item.text or "", 1
    while count:  # what is quoted may quote
        text, count = _QUOTED.subn("", text)
    item = replace(item, text=text.strip() or None)
    if word not in _NO:
        return replace(item, category=Category.PRIVATE_MESSAGE, visibility="private")
    return replace(item, visibility="forum")


def meta_ai(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Tell what the member asked an assistant of Meta from what it answered."""
    sender = plain_name(next(texts(record, ("sender_name|title",)), ""))
    is_own = sender in own if own else sender != _META_AI
    return of_assistant(item, is_own=is_own)


def my_ai(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Tell what the member asked My AI from what it answered."""
    return of_assistant(item, is_own=record.get("IsSender") is True)


def threads_post(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Tell an answer from a post."""
    is_answer = any(values(record, "media[].text_app_post?.is_reply"))
    return replace(item, category=Category.COMMENT) if is_answer else item


def reference(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Name who wrote a reference, even where only a number of theirs is given."""
    return item if item.author else replace(item, author="person:unknown")


def instagram_map(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Take the text from a map whose keys are in the account's language.

    It stands first, but where a key says that it is the comment. Of a comment without words the
    next value is somebody's name.
    """
    maps = values(record, "string_map_data")
    pairs = [
        (name, one.get("value"))
        for labels in maps
        for name, one in labels.items()
        if isinstance(one, dict) and not one.get("timestamp")
    ]
    comment = next((value for name, value in pairs if _COMMENT.match(name)), None)
    if comment is None and pairs:
        comment = pairs[0][1]
    return replace(item, text=str(comment) if comment else None)


def labelled(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Tell the words of the member from addresses, under labels in the account's language."""
    words, links, _people = _under_labels(record)
    media = "\n".join(dict.fromkeys([*(item.media or "").split("\n"), *links])).strip("\n")
    return replace(item, text="\n".join(words) or None, media=media or None)


def labelled_acts(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Of an act on something of others, keep where it is and whose; what they wrote is theirs."""
    _words, links, people = _under_labels(record)
    media = "\n".join(dict.fromkeys(links)) or None
    return replace(item, text=None, media=media, subjects=others(people, own))


def labelled_people(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Name the people of a list of them."""
    words, _links, people = _under_labels(record)
    names = [*words, *people]
    return replace(item, text="\n".join(names) or None, subjects=others(names, own))


def _under_labels(record: Record) -> tuple[list[str], list[str], list[str]]:
    """Return the words, the addresses and the words of the people under a record's labels."""
    words: list[str] = []
    links: list[str] = []
    people: list[str] = []
    for one in values(record, "label_values[]"):
        if not isinstance(one, dict):
            raise OddError("label_values")
        for text in texts(one, ("value", "href", "vec[].value"), numbers=False):
            (links if text.startswith(_ADDRESS) else words).append(text)
        for text in texts(one, ("dict[].value", "dict[].dict[].value"), numbers=False):
            (links if text.startswith(_ADDRESS) else people).append(text)
    return words, links, people


def facebook_act(record: Record, item: Item, own: frozenset[str]) -> Item | Message:
    """Tell by what a row holds whether it is a post, a like or a comment, and if in a group.

    Where the member wrote nothing, there is the line that Facebook writes about the act.
    """
    if values(record, "data[].reaction"):
        text = joined(record, ("data[].reaction.reaction",))
        return replace(item, category=Category.REACTION, text=text)
    if values(record, "data[].comment"):
        text = joined(record, ("data[].comment.comment|title", "data[].comment.group"))
        item = replace(item, category=Category.COMMENT, text=text)
        if next(texts(record, ("data[].comment.group",)), ""):
            return replace(item, category=Category.GROUP_POST, visibility="group")
        return item
    title = next(texts(record, ("title",)), None)
    if not title:
        return item
    if not item.text and not item.media:
        return replace(item, text=title)
    return replace(item, tags=tagged(replace(item, text=title)).tags)  # it may name a group


RULES: dict[str, Rule] = {
    "any": lambda _record, item, _own: item,
    "bluesky": bluesky,
    "discourse": discourse,
    "facebook-act": facebook_act,
    "grok": grok,
    "instagram-map": instagram_map,
    "labelled": labelled,
    "labelled-acts": labelled_acts,
    "labelled-people": labelled_people,
    "mastodon": mastodon,
    "meta-ai": meta_ai,
    "my-ai": my_ai,
    "reference": reference,
    "threads-post": threads_post,
    "tweet": tweet,
    "x-message": x_message,
}
