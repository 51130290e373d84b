"""Every error that Vanne raises for a person to read.

    VanneError              70  our own fault: please report it
    ├─ InputError           65  a file, a row or a value cannot be used
    │  ├─ ArchiveError      65  one archive of several cannot be read; the others can
    │  └─ TooMuchError      65  reading it takes more work than one request may take
    ├─ UsageError            2  a command was typed wrongly
    ├─ ConflictError        65  the same key came before with something else
    ├─ MissingError         69  something that is needed is not there: a package, a browser, a key
    ├─ StorageError         74  the disk is full, a file cannot be read or written
    ├─ BusyError            75  in use right now: a port, a locked ledger; try again
    │  ├─ LimitError        75  somebody's share of a day is used up; try again tomorrow
    │  └─ LostError         75  a process ended before its work: look what was done, then try again
    ├─ HeldError            76  what came in is unlike what came before, and waits for a word
    ├─ RefusedError         77  not allowed: say, a local-only sign-in on a public address
    ├─ ConfigError          78  a policy or a setting is wrong
    └─ VerificationError     1  the answer is no: a proof, a digest or a certificate does not hold

The numbers are the exit codes of the command line (those of sysexits.h where it has one). 0 is
success, 130 is an interrupt. The message of an error is one line without a final full stop: it says
what is wrong and where. `todo` says what to do about it. A denial is a verdict and never an
exception.

An error that members can see carries a `Message`, which `VanneError.said` puts in the language of
the reader. An error that only operators and developers see may carry an English text.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

from vanne.words import Message, Words
from vanne.words.message import on_one_line


class VanneError(Exception):
    """What went wrong, in one line, and what to do about it."""

    exit_code = 70
    status = 500
    type = "internal"

    def __init__(self, what: Message | str, *, todo: Message | str = "") -> None:
        super().__init__(what if isinstance(what, Message) else on_one_line(what).strip())
        self.what: Message | str = self.args[0]
        self.todo = todo if isinstance(todo, Message) else on_one_line(todo).strip()

    def __str__(self) -> str:
        return f"{self.what}: {self.todo}" if self.todo else self.title

    @property
    def title(self) -> str:
        """What is wrong and where, in English."""
        return str(self.what)

    def help(self) -> str:
        """Say what to do, or how to report it."""
        return str(self.todo or "report this with the command that you typed")

    def said(self, w: Words) -> str:
        """Say it in a language; whole in English if a part of it is an English text."""
        parts = [part for part in (self.what, self.todo) if part]
        messages = [part for part in parts if isinstance(part, Message)]
        if w.lang == "en" or messages != parts:
            return str(self)
        what, *todo = map(w.say, messages)
        return w.explained(what, todo[0]) if todo else what

    def problem(self) -> dict[str, object]:
        """Return the problem document (RFC 9457); an English text has the code of its kind."""
        text = {"code": self.type, "params": {}}
        return {
            "schema": "vanne/problem/1",
            "type": f"urn:vanne:problem:{self.type}",
            "title": self.title,
            "detail": self.help(),
            "status": self.status,
            "exit_code": self.exit_code,
            **(self.what.document() if isinstance(self.what, Message) else text),
            "todo": self.todo.document() if isinstance(self.todo, Message) else None,
        }


class InputError(VanneError):
    """A file, a row or a value cannot be used."""

    exit_code, status, type = 65, 422, "bad-input"


class ArchiveError(InputError):
    """One archive of several cannot be read: `path`. The others can be read without it."""

    def __init__(self, error: InputError, path: Path) -> None:
        super().__init__(error.what, todo=error.todo)
        self.path = path


class TooMuchError(InputError):
    """Reading a text takes more work than one request may take."""

    type = "too-much-work"


class UsageError(VanneError):
    """A command was typed wrongly."""

    exit_code, status, type = 2, 400, "usage"


class ConflictError(VanneError):
    """The same key came before, with something else."""

    exit_code, status, type = 65, 409, "conflict"


class MissingError(VanneError):
    """Something that is needed is not there."""

    exit_code, status, type = 69, 503, "missing"


class StorageError(VanneError):
    """The disk is full, or a file cannot be read or written."""

    exit_code, status, type = 74, 503, "storage"


class BusyError(VanneError):
    """Something is in use right now."""

    exit_code, status, type = 75, 503, "busy"


class LimitError(BusyError):
    """Somebody's share is used up for now."""

    type = "used-up"


class LostError(BusyError):
    """A process ended before its work, and what it had done by then is not known."""

    type = "lost"


class HeldError(VanneError):
    """What a source brought is unlike what it brought before: it is not let in."""

    exit_code, status, type = 76, 409, "held"


class RefusedError(VanneError):
    """What was asked is not allowed."""

    exit_code, status, type = 77, 403, "refused"


class ConfigError(VanneError):
    """A policy or a setting is wrong."""

    exit_code, status, type = 78, 500, "bad-configuration"


class VerificationError(VanneError):
    """A proof, a digest or a certificate does not hold."""

    exit_code, status, type = 1, 409, "not-verified"


def did_you_mean(word: str, words: list[str]) -> Message:
    """Return a suggestion for a misspelt word: the nearest of the words, or all of them.

    >>> str(did_you_mean("catgories", ["categories", "never"]))
    'did you mean `categories`?'
    """
    near = get_close_matches(word, words, n=1)
    if near:
        return Message("did-you-mean", word=near[0])
    return Message("use-one-of", words=", ".join(f"`{w}`" for w in words))


@contextmanager
def storing(what: Message | str) -> Iterator[None]:
    """Turn what the operating system says while `what` is read or written into one clear line."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, what) from error


def storage_error(error: OSError, what: Message | str) -> StorageError:
    """Say which file the operating system refused, why, and what to do.

    `what` is a name in backticks or a message; with other words the whole error stays English.
    """
    where = f"`{error.filename}`" if error.filename else what
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        message, todo = Message("disk-full", what=what), Message("free-space")
    elif error.errno == errno.ENOENT and (folder := no_such_folder(str(error.filename or ""))):
        return folder
    elif error.errno == errno.ENOENT:
        message, todo = Message("no-such-file", where=where), Message("check-path")
    elif error.errno in (errno.EISDIR, errno.ENOTDIR):
        message, todo = Message("is-folder", where=where), Message("name-a-file")
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        message, todo = Message("no-permission", where=where), Message("check-owner")
    else:
        message = Message("system-refused", what=what, why=system_reason(error), where=where)
        todo = Message("check-disk")
    has_words = isinstance(what, Message) or what.startswith("`")
    return StorageError(message if has_words else str(message), todo=todo)


def system_reason(error: OSError) -> Message | str:
    """Say why the operating system refused: in words of ours for what it says most often."""
    return _SYSTEM.get(error.errno or 0) or f"`{(error.strerror or str(error)).lower()}`"


def no_such_folder(path: str) -> StorageError | None:
    """Name the folder in which a file would lie, if it is not there."""
    folder = os.path.dirname(path)  # noqa: PTH120  no other import for what starts each command
    if not folder or os.path.lexists(folder):
        return None
    missing = Message("no-such-folder", where=f"`{folder}`")
    return StorageError(missing, todo=Message("make-folder"))


_SYSTEM = {
    errno.ENAMETOOLONG: Message("name-too-long"),
    errno.EFBIG: Message("file-too-large"),
    errno.EIO: Message("input-output-error"),
    errno.ENXIO: Message("no-such-device"),
    errno.ELOOP: Message("too-many-links"),
    errno.EMFILE: Message("too-many-open-files"),
}
