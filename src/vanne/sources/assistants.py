r"""Find the assistant in a chat: what people ask it, what it answers, and the chats that reach it.

A pack names the assistant (`assistant = ["Meta AI"]`). A network that does not read the chats of
its members still reads what somebody in a chat passes to its assistant. A chat has one of three
states:

* without the assistant: its messages are private;
* *alone* with the assistant: what the person writes is a prompt;
* *called*: somebody in a chat of people calls the assistant. The message that calls it is a prompt.
  How much of the rest goes to the assistant is in no file, so each other message has the visibility
  `WITH_ASSISTANT`.

>>> chat = Chat(("", ""), ("Meta AI",)).heard("Ana", "Hoi").heard("Meta AI ✓", "Hallo")
>>> chat.is_alone, chat.heard("Bram", "@\u2068Meta AI\u2069 help").is_alone
(True, False)
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePosixPath

from vanne.sources.people import plain_name
from vanne.terms import TO_ASSISTANT, WITH_ASSISTANT, Category, Item

ChatKey = tuple[str, str]
"""The name of the archive, and the path of a chat without the number of its part."""
_PART = re.compile(r"_\d+$")
_WORD = re.compile(r"[^\W_]+")
_BETWEEN = r"[\W_]{0,4}"
"""Marks between the words of a name: a space, and the invisible marks that apps write."""
_LATIN = "[0-9A-Za-z\u00c0-\u024f]"
_ENOUGH = 2


def chat_key(archive: str, path: str) -> ChatKey:
    """Return what the files of one chat share: `message_1.json` and `message_2.json` are one."""
    return archive, _PART.sub("", str(PurePosixPath(path).with_suffix("")))


@dataclass(frozen=True, slots=True)
class Chat:
    """What the messages of a chat show of its assistant. At most two others are kept."""

    key: ChatKey
    names: tuple[str, ...]
    is_named: bool = False
    """Whether the chat is called as the assistant is."""
    answers: bool = False
    is_called: bool = False
    others: frozenset[str] = frozenset()

    def heard(self, sender: str, text: str | None) -> "Chat":
        """Return the chat with one more message."""
        if is_assistant(sender, self.names):
            return self if self.answers else replace(self, answers=True)
        chat = self if self.is_called or not calls(text, self.names) else _called(self)
        other = plain_name(sender)
        if not other or other in chat.others or len(chat.others) == _ENOUGH:
            return chat
        return replace(chat, others=chat.others | {other})

    def titled(self, title: str) -> "Chat":
        """Return the chat with a title, or the end of one: `Chat WhatsApp con Meta AI`.

        One that holds the name elsewhere, such as `Meta AI ile WhatsApp Sohbeti`, may be with the
        assistant or about it: nobody can say that it does not reach it.
        """
        if _ends_with(title, self.names):
            return self if self.is_named else replace(self, is_named=True)
        return self if self.is_called or not _name(self.names).search(title) else _called(self)

    def joined(self, part: "Chat") -> "Chat":
        """Return the chat with another part of it."""
        return replace(
            self,
            is_named=self.is_named or part.is_named,
            answers=self.answers or part.answers,
            is_called=self.is_called or part.is_called,
            others=self.others | part.others,
        )

    @property
    def has_assistant(self) -> bool:
        """Say whether the assistant takes part."""
        return self.is_named or self.answers or self.is_called

    @property
    def is_alone(self) -> bool:
        """Say whether one person writes with the assistant, and nobody else."""
        is_with = self.is_named or (self.answers and not self.is_called)
        return is_with and len(self.others) < _ENOUGH


def _called(chat: Chat) -> Chat:
    return replace(chat, is_called=True)


def chats_of(parts: Iterable[Chat]) -> Mapping[ChatKey, Chat]:
    """Return the chats in which the assistant takes part, each of all its parts."""
    chats: dict[ChatKey, Chat] = {}
    for part in parts:
        before = chats.get(part.key)
        chats[part.key] = before.joined(part) if before else part
    return {key: chat for key, chat in chats.items() if chat.has_assistant}


def chat_around(archive: str, path: str, chats: Mapping[ChatKey, Chat]) -> Chat | None:
    """Return the chat in whose folder a file is, such as a picture that was sent in it."""
    folders = [str(folder) for folder in PurePosixPath(path).parents]
    around = (chat for key, chat in chats.items() if key[0] == archive and _folder(key) in folders)
    return next(around, None)


def _folder(key: ChatKey) -> str:
    return str(PurePosixPath(key[1]).parent)


def in_chat(
    item: Item, sender: str, names: tuple[str, ...], chat: Chat | None, own: frozenset[str]
) -> Item:
    """Return a message of a chat as what it is to the assistant."""
    if is_assistant(sender, names):
        return of_assistant(item, is_own=False)
    if (chat and chat.is_alone) or (plain_name(sender) in own and calls(item.text, names)):
        return of_assistant(item, is_own=True)
    if calls(item.text, names):  # whoever wrote it, the assistant reads it
        return replace(of_assistant(item, is_own=True), author=item.author)
    return replace(item, visibility=WITH_ASSISTANT) if chat else item


def of_assistant(item: Item, *, is_own: bool) -> Item:
    """Return what somebody wrote to an assistant, or what it wrote."""
    network = (item.source or "").partition("/")[0]
    category = Category.AI_PROMPT if is_own else Category.AI_OUTPUT
    author = None if is_own else f"{network}:assistant"
    return replace(item, category=category, author=author, visibility=TO_ASSISTANT)


def is_assistant(sender: str, names: tuple[str, ...]) -> bool:
    """Say whether a name is the assistant's: `Meta AI ✓` and `~ Meta AI` are, `Meta Aiello` not."""
    words = _words(sender)
    return any(words[: len(_words(name))] == _words(name) for name in names)


def _ends_with(title: str, names: tuple[str, ...]) -> bool:
    words = re.sub(r"\(\d+\)$", "", title.strip())
    return any(_words(words)[-len(_words(name)) :] == _words(name) for name in names)


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(name))


def calls(text: str | None, names: tuple[str, ...]) -> bool:
    """Say whether a text calls the assistant: `@Meta AI`, with whatever marks an app adds."""
    return bool(text and ("@" in text or "＠" in text) and _call(names).search(text))


@lru_cache(maxsize=64)
def _call(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"[@＠]{_BETWEEN}{_name(names).pattern}", re.IGNORECASE)


@lru_cache(maxsize=64)
def _name(names: tuple[str, ...]) -> re.Pattern[str]:
    """Match a name and no longer word; a letter of a script without spaces begins another word."""
    each = "|".join(_BETWEEN.join(map(re.escape, _words(name))) for name in names)
    return re.compile(rf"(?<!{_LATIN})(?:{each})(?!{_LATIN})", re.IGNORECASE)
