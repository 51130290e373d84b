"""Group commit: calls that arrive while a transaction is being written share the next one.

A transaction costs one flush of the disk, whatever its size, so a thousand calls in one cost little
more than one call. The group has no thread of its own. The first call that finds no leader becomes
the leader: it takes all waiting calls, commits them, and hands the lead to one of the calls that
arrived meanwhile. (Leader and followers, as in the write-ahead logs of InnoDB and LevelDB.)

Each call is recorded whole or not at all. A refused call fails alone. If the transaction fails, all
its calls fail.
"""

import copy
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

from vanne.errors import StorageError, VanneError

_Work = TypeVar("_Work")
_Done = TypeVar("_Done")
_LIMIT = 10_000  # calls in one transaction: so that the first of them need not wait for seconds


class _Call(Generic[_Work, _Done]):
    """One call that waits: for its outcome, or for the lead."""

    __slots__ = ("leads", "outcome", "turn", "work")

    def __init__(self, work: _Work) -> None:
        self.work = work
        self.leads = False
        self.outcome: _Done | BaseException | None = None
        self.turn = threading.Lock()  # held until there is an outcome, or this call leads
        self.turn.acquire()


class Group(Generic[_Work, _Done]):
    """Collects calls of many threads for `commit`, which gives an outcome for each."""

    def __init__(self, commit: Callable[[Sequence[_Work]], Sequence[_Done | VanneError]]) -> None:
        self._commit = commit
        self._lock = threading.Lock()
        self._waiting: list[_Call[_Work, _Done]] = []
        self._led = False

    def submit(self, work: _Work) -> _Done:
        """Commit a call together with others, and return what `commit` gave for it.

        Raises:
            VanneError: what `commit` gave or raised for it.
        """
        call: _Call[_Work, _Done] = _Call(work)
        try:
            with self._lock:
                self._waiting.append(call)
                call.leads, self._led = not self._led, True
            if not call.leads:
                call.turn.acquire()
            if call.leads:
                self._lead(call)
        except BaseException:  # interrupted: nobody may wait for a call that is gone
            with self._lock:
                if call in self._waiting:
                    self._waiting.remove(call)
                if call.leads:
                    self._hand_over(call)
            raise
        if isinstance(call.outcome, BaseException):
            raise call.outcome
        return cast(_Done, call.outcome)

    def _lead(self, call: _Call[_Work, _Done]) -> None:
        with self._lock:
            calls = self._waiting[:_LIMIT]  # the first is `call`
            del self._waiting[:_LIMIT]
        try:
            outcomes = self._commit([each.work for each in calls])
            for each, outcome in zip(calls, outcomes, strict=True):
                each.outcome = outcome
        except BaseException as error:
            calls[0].outcome = error
            for other in calls[1:]:
                other.outcome = _for_another(error)
        finally:
            with self._lock:
                self._hand_over(call)
            for other in calls[1:]:
                other.turn.release()

    def _hand_over(self, call: _Call[_Work, _Done]) -> None:
        """Let the first that waits lead; the lock is held."""
        call.leads = False
        if self._waiting:
            self._waiting[0].leads = True
            self._waiting[0].turn.release()
        else:
            self._led = False


def _for_another(error: BaseException) -> VanneError:
    """Return what a call is told of the failure of the transaction that it shared."""
    if isinstance(error, VanneError):
        return copy.copy(error)  # each thread raises its own
    return StorageError(
        "the ledger was interrupted while it was being written: this may be recorded or not",
        todo="look before you send it again, or send it with the same idempotency key",
    )
