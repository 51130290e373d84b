"""Nights go by: files stay few, what was deleted is gone to the byte, old versions go, and nothing
that is read, asked or remembered changes."""

from datetime import timedelta

import numpy as np
import pytest

from tests.corpus.test_apply import AS_OF, home, refreshed, row, table, texts
from vanne.config import Home
from vanne.corpus import Manifest, build, current, read, refresh, verify
from vanne.corpus.compacting import compact, prune
from vanne.corpus.contract import data_files
from vanne.corpus.history import lifetimes, trace
from vanne.corpus.intake import apply
from vanne.corpus.patch import patches_of
from vanne.corpus.reader import read_current
from vanne.report.member_items import files_of, items_of
from vanne.terms import MAIN_PURPOSE

__all__ = ["home"]
SECRET = "nobody must find these words"


def night(home: Home, number: int) -> Manifest:
    """Change one item and delete one, a day later."""
    gone = {"item_id": f"item-{number}", "op": "delete"}
    apply(home, table(home, row(20, op="update", text=f"of night {number}"), gone), tag=False)
    return refresh(home, AS_OF + timedelta(days=number))


def test_the_bytes_of_what_was_deleted_are_gone_and_all_else_is_as_it_was(home: Home) -> None:
    apply(home, table(home, row(1, op="update", text=SECRET), row(2, op="insert")), tag=False)
    refresh(home, AS_OF)
    list(read(home, current(home)))  # finds what is to be taken out of the texts
    apply(home, table(home, {"item_id": "item-1", "op": "delete"}), tag=False)
    before, kept = refresh(home, AS_OF), refreshed(home)
    done = compact(home)
    after = current(home)
    assert (done.files_before, done.files_after, done.rows_removed) == (3, 3, 3)
    assert refreshed(home) == kept and (after.counts, after.documents) == (
        before.counts,
        before.documents,
    )
    whole = b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())
    assert SECRET.encode() not in whole and b"item-1\0" not in whole
    assert not list(home.items.glob("*.npy"))
    assert list(home.corpus.glob("facts/*.screened-*.arrow"))  # carried over, and right:
    verify(home, after)
    assert compact(home).rows_removed == 0 and current(home) == after


def test_a_file_whose_items_are_all_deleted_goes(home: Home) -> None:
    apply(home, table(home, *({"owner": f"member-{n}", "op": "delete"} for n in range(6))))
    apply(home, table(home, row(50, op="insert")), tag=False)
    refresh(home, AS_OF)
    compact(home)
    assert refreshed(home).keys() == {"item-50"} and len(data_files(home)) == 1


def test_files_stay_few_and_an_item_remembers_through_all_of_them(home: Home) -> None:
    for number in range(1, 13):
        night(home, number)
        compact(home, merge_only=number % 4 != 0)
        assert len(data_files(home)) <= 5
    (stays,) = (
        lifetimes(home, MAIN_PURPOSE, files_of(home)).held_of(
            files_of(home)[name], np.array([number])
        )[1][0]
        for (name, number), each in items_of(home, "member-2").items()
        if each.item_id == "item-20"
    )
    assert set(stays) == {"held"} and len(stays) > 13
    assert len(trace(home, "item-20").traces) == len(stays)
    (late,) = (
        lifetimes(home, MAIN_PURPOSE, files_of(home)).held_of(
            files_of(home)[name], np.array([number])
        )[1][0]
        for (name, number), each in items_of(home, "member-1").items()
        if each.item_id == "item-13"
    )
    assert set(late) == {"held"}
    verify(home, current(home))


def test_readers_go_on_while_files_are_compacted(home: Home, monkeypatch) -> None:
    night(home, 1)
    wanted = set(texts(home))
    reader = read(home, current(home))
    begun = [next(reader).item_id]
    compact(home)
    assert {*begun, *(document.item_id for document in reader)} == wanted
    stale, fresh = current(home), None
    night(home, 2)
    compact(home)
    fresh = current(home)
    answers = iter([stale, fresh])
    monkeypatch.setattr("vanne.corpus.reader.current", lambda home, purpose: next(answers))
    assert {
        document.item_id for document in read_current(home, MAIN_PURPOSE, fresh.as_of)
    } == wanted - {"item-2"}


@pytest.mark.parametrize("moment", ["before the commit", "before the refresh"])
def test_a_compaction_that_was_cut_short_is_ended_by_the_next_refresh(
    home: Home, monkeypatch, moment: str
) -> None:
    night(home, 1)
    before = texts(home)
    step = {"before the commit": "commit", "before the refresh": "refresh"}[moment]

    class PowerCutError(Exception):
        pass

    def cut(*_: object, **__: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as short:
        short.setattr(f"vanne.corpus.compacting.{step}", cut)
        with pytest.raises(PowerCutError):
            compact(home)
    assert texts(home) == before
    fresh = refresh(home, AS_OF + timedelta(days=1))
    assert fresh == build(home, AS_OF + timedelta(days=1), make_current=False)
    assert texts(home) == before
    compact(home)
    assert texts(home) == before and not list(home.items.glob("*.npy"))


def test_versions_go_after_some_time_but_not_those_that_something_names(home: Home) -> None:
    first = current(home).version
    versions = [first, *(night(home, number).version for number in range(1, 6))]
    home.certificates.mkdir()
    (home.certificates / "one.json").write_text(f'{{"corpus": "{versions[1]}"}}')
    manifests = home.corpus / "manifests"
    removed = prune(home, timedelta(days=2), AS_OF + timedelta(days=5))
    left = {path.stem for path in manifests.glob("*.json")}
    wanted = {versions[1], *versions[3:]}
    bases = {patch.base for name in wanted for patch in patches_of(home, name).values()}
    assert left == wanted | bases and removed == 6 - len(left) > 0
    verify(home, current(home))
    assert refresh(home, AS_OF + timedelta(days=9)) == current(home)
    texts(home)
