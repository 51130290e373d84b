"""Every error that Vanne raises for a person to read.

    VanneError              70  our own fault: please report it
    ├─ InputError           65  a file, a row or a value cannot be used
    ├─ UsageError            2  a command was typed wrongly
    ├─ ConflictError        65  the same key came before with something else
    ├─ MissingError         69  something that is needed is not there: a package, a browser, a key
    ├─ StorageError         74  the disk is full, a file cannot be read or written
    ├─ BusyError            75  in use right now: a port, a locked ledger; try again
    │  └─ LimitError        75  somebody's share of a day is used up; try again tomorrow
    ├─ RefusedError         77  not allowed: say, a local-only sign-in on a public address
    ├─ ConfigError          78  a policy or a setting is wrong
    └─ VerificationError     1  the answer is no: a proof, a digest or a certificate does not hold

The numbers are the exit codes of the command line (those of sysexits.h where it has one). 0 is
done, 130 interrupted. A message is one line without a final full stop: what is wrong
and where; `todo` says what to do about it. A denial is a verdict and never an exception.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches


class VanneError(Exception):
    """What went wrong, in one line, and what to do about it."""

    exit_code = 70
    status = 500
    type = "internal"

    def __init__(self, message: str, *, todo: str = "") -> None:
        super().__init__(" ".join(message.split()))
        self.todo = " ".join(todo.split())

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


class RefusedError(VanneError):
    """What was asked is not allowed."""

    exit_code, status, type = 77, 403, "refused"


class ConfigError(VanneError):
    """A policy or a setting is wrong."""

    exit_code, status, type = 78, 500, "bad-configuration"


class VerificationError(VanneError):
    """A proof, a digest or a certificate does not hold."""

    exit_code, status, type = 1, 409, "not-verified"


def did_you_mean(word: str, words: list[str]) -> str:
    """Return a suggestion for a misspelt word: the nearest of the words, or all of them.

    >>> did_you_mean("catgories", ["categories", "never"])
    'did you mean `categories`?'
    """
    near = get_close_matches(word, words, n=1)
    return (
        f"did you mean `{near[0]}`?" if near else "use one of " + ", ".join(f"`{w}`" for w in words)
    )


@contextmanager
def storing(what: str) -> Iterator[None]:
    """Turn what the operating system says while `what` is read or written into one clear line."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, what) from error


def storage_error(error: OSError, what: str) -> StorageError:
    """Say which file the operating system refused, why, and what to do."""
    where = f"`{error.filename}`" if error.filename else what
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"no space left on the disk while writing {what}",
            todo="free some space and run this again; what was there before is whole",
        )
    if error.errno == errno.ENOENT:
        return StorageError(f"no such file: {where}", todo="check the path")
    if error.errno in (errno.EISDIR, errno.ENOTDIR):
        return StorageError(f"{where} is a folder, or lies in a file", todo="name a file")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(f"no permission for {where}", todo="check its owner and mode")
    return StorageError(
        f"{what}: {(error.strerror or str(error)).lower()} ({where})", todo="check the disk"
    )
