"""Every error that Vanne raises for a person to read.

    VanneError              70  our own fault: please report it
    ├─ InputError           65  a file, a row or a value cannot be used
    │  └─ TooMuchError      65  reading it takes more work than one request may take
    ├─ UsageError            2  a command was typed wrongly
    ├─ ConflictError        65  the same key came before with something else
    ├─ MissingError         69  something that is needed is not there: a package, a browser, a key
    ├─ StorageError         74  the disk is full, a file cannot be read or written
    ├─ BusyError            75  in use right now: a port, a locked ledger; try again
    │  ├─ LimitError        75  somebody's share of a day is used up; try again tomorrow
    │  └─ LostError         75  a process ended before its work: look what was done, then try again
    ├─ RefusedError         77  not allowed: say, a local-only sign-in on a public address
    ├─ ConfigError          78  a policy or a setting is wrong
    └─ VerificationError     1  the answer is no: a proof, a digest or a certificate does not hold

The numbers are the exit codes of the command line (those of sysexits.h where it has one). 0 is
done, 130 interrupted. A message is one line without a final full stop: what is wrong
and where; `todo` says what to do about it. A denial is a verdict and never an exception.

A text made by `phrase` keeps its English template, so that the command line can say it in the
language of its reader (`Words.error`).
"""

import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches


class Phrase(str):
    """A piece of English that keeps what it was made of, so that it can be said in other languages.

    To all who only read it, it is a text like others.
    """

    template: str
    values: dict[str, object]


def phrase(template: str, **values: object) -> Phrase:
    """Say an English template with the values of its `%(name)s` holes.

    A whole number is a count, which each language writes in its way: what only names a place, such
    as a line or a port, is given as text. A value may be a phrase itself.

    >>> phrase("%(file)s, line %(line)s: %(n)s names", file="a.csv", line="1200", n=1200)
    'a.csv, line 1200: 1,200 names'
    """
    said = {name: f"{v:,}" if isinstance(v, int) else v for name, v in values.items()}
    text = Phrase(_on_one_line(template % said if values else template))
    text.template, text.values = template, values
    return text


def phrase_back(text: str, templates: Iterable[str]) -> str:
    """Return what somebody else's code said as a phrase, if it is one of these; else as it is.

    >>> phrase_back("No such option '-x'", ["No such option %(name)s"]).values
    {'name': "'-x'"}
    """
    templates = tuple(templates)
    for template in templates:
        pattern = re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(template))
        if found := re.fullmatch(pattern, text, re.DOTALL):
            parts = found.groupdict().items()
            return phrase(template, **{name: phrase_back(part, templates) for name, part in parts})
    return text


def _on_one_line(text: str) -> str:
    return text if isinstance(text, Phrase) else " ".join(text.split())


class VanneError(Exception):
    """What went wrong, in one line, and what to do about it."""

    exit_code = 70
    status = 500
    type = "internal"

    def __init__(self, message: str, *, todo: str = "") -> None:
        super().__init__(_on_one_line(message))
        self.todo = _on_one_line(todo)

    def __str__(self) -> str:
        return str(self.args[0]) + (f": {self.todo}" if self.todo else "")

    def help(self) -> str:
        """Say what to do, or how to report it."""
        return self.todo or "report this with the command that you typed"

    def problem(self) -> dict[str, object]:
        """Return the problem document (RFC 9457)."""
        return {
            "schema": "vanne/problem/1",
            "type": f"urn:vanne:problem:{self.type}",
            "title": self.args[0],
            "detail": self.help(),
            "status": self.status,
            "exit_code": self.exit_code,
        }


class InputError(VanneError):
    """A file, a row or a value cannot be used."""

    exit_code, status, type = 65, 422, "bad-input"


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


class RefusedError(VanneError):
    """What was asked is not allowed."""

    exit_code, status, type = 77, 403, "refused"


class ConfigError(VanneError):
    """A policy or a setting is wrong."""

    exit_code, status, type = 78, 500, "bad-configuration"


class VerificationError(VanneError):
    """A proof, a digest or a certificate does not hold."""

    exit_code, status, type = 1, 409, "not-verified"


def did_you_mean(word: str, words: list[str]) -> Phrase:
    """Return a suggestion for a misspelt word: the nearest of the words, or all of them.

    >>> did_you_mean("catgories", ["categories", "never"])
    'did you mean `categories`?'
    """
    near = get_close_matches(word, words, n=1)
    if near:
        return phrase("did you mean `%(word)s`?", word=near[0])
    return phrase("use one of %(words)s", words=", ".join(f"`{w}`" for w in words))


@contextmanager
def storing(what: str) -> Iterator[None]:
    """Turn what the operating system says while `what` is read or written into one clear line."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, what) from error


def storage_error(error: OSError, what: str) -> StorageError:
    """Say which file the operating system refused, why, and what to do.

    `what` is a name in backticks or a phrase; of other words the whole error stays English.
    """
    where = f"`{error.filename}`" if error.filename else what
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        message = phrase("no space left on the disk while writing %(what)s", what=what)
        todo = phrase("free some space and run this again; what was there before is whole")
    elif error.errno == errno.ENOENT and (folder := no_such_folder(str(error.filename or ""))):
        return folder
    elif error.errno == errno.ENOENT:
        message, todo = phrase("no such file: %(where)s", where=where), phrase("check the path")
    elif error.errno in (errno.EISDIR, errno.ENOTDIR):
        message = phrase("%(where)s is a folder, or lies in a file", where=where)
        todo = phrase("name a file")
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        message = phrase("no permission for %(where)s", where=where)
        todo = phrase("check its owner and mode")
    else:
        why = phrase_back((error.strerror or str(error)).lower(), _SYSTEM)
        message = phrase("%(what)s: %(why)s (%(where)s)", what=what, why=why, where=where)
        todo = phrase("check the disk")
    has_words = isinstance(what, Phrase) or what.startswith("`")
    return StorageError(message if has_words else str(message), todo=todo)


def no_such_folder(path: str) -> StorageError | None:
    """Name the folder in which a file would lie, if it is not there."""
    folder = os.path.dirname(path)  # noqa: PTH120  no other import for what starts each command
    if not folder or os.path.lexists(folder):
        return None
    missing = phrase("no such folder: %(where)s", where=f"`{folder}`")
    return StorageError(missing, todo=phrase("make it, or check the path"))


_SYSTEM = (
    phrase("file name too long"),
    phrase("file too large"),
    phrase("input/output error"),
    phrase("no such device or address"),
    phrase("too many levels of symbolic links"),
    phrase("too many open files"),
)
"""What the operating system says most often beside the above, as far as it has words of ours."""
