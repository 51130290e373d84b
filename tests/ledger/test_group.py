"""Appends that come at once share transactions, and still stand each for itself."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.ledger.conftest import Tamper, at_any_time, off, offs
from vanne.errors import ConflictError, InputError, StorageError, VanneError, VerificationError
from vanne.ledger import Ledger
from vanne.ledger.writing import Group


class Slow:
    """A commit that waits until it is let go, and remembers what came together."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.together: list[Sequence[int]] = []

    def __call__(self, works: Sequence[int]) -> Sequence[int | VanneError]:
        self.together.append(list(works))
        assert self.go.wait(300)
        if -1 in works:
            raise VerificationError("it does not hold")
        if -2 in works:
            raise ZeroDivisionError
        return [InputError("odd") if work % 2 else work * 10 for work in works]


def submit_all(works: Sequence[int]) -> tuple[list[Sequence[int]], list[object]]:
    """Submit the first, and the others while it is being committed."""
    slow = Slow()
    group: Group[int, int] = Group(slow)

    def one(work: int) -> object:
        try:
            return group.submit(work)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        calls = [pool.submit(one, works[0])]
        while not slow.together:
            time.sleep(0.001)
        for n, work in enumerate(works[1:], 1):
            calls.append(pool.submit(one, work))
            while len(group._waiting) < n:
                time.sleep(0.001)
        slow.go.set()
        return slow.together, [call.result() for call in calls]


def test_calls_that_wait_are_committed_together_in_their_order() -> None:
    together, results = submit_all([2, 4, 6, 8])
    assert together == [[2], [4, 6, 8]] and results == [20, 40, 60, 80]


def test_a_call_that_is_refused_fails_alone() -> None:
    _, results = submit_all([2, 3, 4])
    assert (results[0], results[2]) == (20, 40) and isinstance(results[1], InputError)


def test_all_calls_of_a_transaction_that_fails_fail_each_with_an_error_of_its_own() -> None:
    _, results = submit_all([2, 4, -1, 6])
    failed = results[1:]
    assert results[0] == 20 and all(isinstance(error, VerificationError) for error in failed)
    assert len({id(error) for error in failed}) == 3
    assert {str(error) for error in failed} == {"it does not hold"}


def test_a_fault_of_ours_is_raised_where_it_happened_and_said_to_the_others() -> None:
    _, results = submit_all([2, 4, -2, 6])
    assert isinstance(results[1], ZeroDivisionError)
    assert all(isinstance(error, StorageError) for error in results[2:])


def test_the_group_goes_on_after_a_failure() -> None:
    slow = Slow()
    slow.go.set()
    group: Group[int, int] = Group(slow)
    for bad in (-1, -2):
        with pytest.raises((VerificationError, ZeroDivisionError)):
            group.submit(bad)
    assert group.submit(2) == 20


def test_a_call_that_was_interrupted_leaves_the_lead_to_others() -> None:
    def interrupted(works: Sequence[int]) -> Sequence[int]:
        if works == [0]:
            raise KeyboardInterrupt
        return works

    group: Group[int, int] = Group(interrupted)
    with pytest.raises(KeyboardInterrupt):
        group.submit(0)
    assert group.submit(1) == 1


def test_a_thousand_calls_of_many_threads_take_few_transactions(ledger: Ledger) -> None:
    begun = []
    commit = ledger._group._commit

    def counted(batches):  # type: ignore[no-untyped-def]
        begun.append(len(batches))
        return commit(batches)

    ledger._group._commit = counted
    with ThreadPoolExecutor(50) as pool:
        ranges = list(pool.map(lambda n: ledger.append(offs(2, start=2 * n)), range(500)))
    assert sum(begun) == 500 and len(begun) < 250
    choices = at_any_time(ledger.choices())
    for n, each in enumerate(ranges):
        assert [choices[i] for i in each] == at_any_time(offs(2, start=2 * n))
    assert sorted(i for each in ranges for i in each) == list(range(1000)) and ledger.fsck().ok


def test_a_bad_batch_and_a_conflict_among_many_fail_alone(ledger: Ledger) -> None:
    ledger.append([off("first")], key="taken")

    def one(n: int) -> object:
        try:
            if n % 10 == 3:
                return ledger.append([off(), off(purpose="")])
            return ledger.append([off(f"m-{n}")], key="taken" if n % 10 == 7 else f"key-{n}")
        except VanneError as error:
            return type(error)

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(one, range(100)))
    assert results.count(InputError) == 10 and results.count(ConflictError) == 10
    assert ledger.size == 81 and ledger.fsck().ok


def test_the_same_request_sent_many_times_at_once_is_recorded_once(ledger: Ledger) -> None:
    start = threading.Barrier(16)

    def one(_: int) -> range:
        start.wait()
        return ledger.append([off(), off("ben")], key="k")

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(one, range(16))) == {range(2)}
    assert ledger.size == 2


def test_when_the_transaction_fails_nobody_is_told_that_it_is_saved(
    ledger: Ledger, tamper: Tamper
) -> None:
    ledger.append(offs(3))
    tamper("UPDATE tile SET hashes = zeroblob(96)")

    def one(n: int) -> object:
        try:
            return ledger.append([off(f"m-{n}")])
        except VanneError as error:
            return type(error)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, range(40))) == {VerificationError}
    assert ledger.size == 3
