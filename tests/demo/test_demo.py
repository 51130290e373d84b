"""`vanne demo` does the whole mission, and every figure of its summary agrees with the others."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import Run
from vanne.cli import cli
from vanne.cli.demo import require_proof
from vanne.config import Home
from vanne.corpus import current as current_corpus
from vanne.corpus import read
from vanne.demo import demo
from vanne.demo.demo import made_anew
from vanne.errors import VerificationError
from vanne.forget import verify_certificate
from vanne.forget.history import known_in
from vanne.ledger import Ledger
from vanne.ledger.kinds import Certified
from vanne.messages import messages_of
from vanne.sources.tables import read_items
from vanne.train.model import current as current_model
from vanne.train.model import items_in
from vanne.train.settings import TrainingSettings
from vanne.worker import recent

ROOT = Path(__file__).parents[2]


def test_the_demo_forgets_somebody_s_own_archive_and_proves_it(
    tiny: TrainingSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a tiny model: `tests/train/test_real_model.py` forgets with the real one."""
    monkeypatch.setattr(demo, "TrainingSettings", partial(replace, tiny))
    monkeypatch.setattr(demo, "FEW_LEAVE", 4)  # of a network of six
    home = Home(tmp_path / "network")
    asked = ["demo", "--no-serve", "--json", "--members", "5", "--home", str(home.root)]
    own = ["--archive", str(ROOT / "examples" / "archive"), "--region", "CH"]
    done = CliRunner().invoke(cli, [*asked, *own], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["schema"] == "vanne/demo/1"

    assert summary["network"]["members"] == 6
    assert sum(row["count"] for row in summary["verdicts"]) == summary["network"]["items"]
    training, forgetting = summary["training"], summary["forgetting"]
    assert training["loss_after"] < training["loss_before"]
    assert (training["shards"], training["slices"]) == (tiny.shards, tiny.slices)
    assert forgetting["member"] == "me"
    # 0: whoever is alone in the last slice of a shard leaves nothing to train again;
    # 1: nobody is in the other shard, and the member is in the first slice of theirs
    assert 0 <= forgetting["share_of_full"] <= 1
    assert 0 <= forgetting["retrained_tokens"] < training["tokens"]
    assert forgetting["identical_to_never_trained"] is True
    assert forgetting["digests"]["forgotten"] == forgetting["digests"]["never_trained"]
    assert summary["receipt"]["verified"] is True

    corpus, model = current_corpus(home), current_model(home.model)
    own = {i.item_id for i in read_items(str(home.items / "items.parquet")) if i.owner == "me"}
    assert own
    assert own.isdisjoint(document.item_id for document in read(home, corpus))
    assert own.isdisjoint(items_in(home.model, model))
    assert corpus.version != summary["corpus"]["version"]
    for certificate in home.certificates.glob("*.json"):
        verify_certificate(json.loads(certificate.read_text()), home.model)
    proofs = known_in(home).values()
    assert len(proofs) == 2 and {each.waiting for each in proofs} == {0}
    assert [(each["day"], len(each["members"])) for each in summary["week"]] == [(2, 1)]
    nights = [task for task in recent(home) if task.kind == "forget"]
    assert {task.facts["certificate"] for task in nights} == {each.id for each in proofs}
    left = {who for night in summary["week"] for who in night["members"]} | {"me"}
    assert left.isdisjoint(document.owner for document in read(home, corpus))
    for who in left:
        assert [each.kind for each in messages_of(home, who)][-1:] == ["out"]
    with Ledger(home.ledger) as ledger:
        named = {r.certificate[:16] for _, r in ledger.models() if isinstance(r, Certified)}
        assert named == {path.stem for path in home.certificates.glob("*.json")}
        assert ledger.size == summary["receipt"]["index"] + 2, "the certificate of the last night"
        assert not ledger.fsck().problems


def test_the_demo_does_not_touch_a_folder_that_it_did_not_make(vanne: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("ten years of work")
    done = vanne("demo", "--no-serve", "--home", "mine")
    assert (done.returncode, done.stdout) == (77, "")
    assert "`mine` is not empty and was not made by a demo" in done.stderr
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "ten years of work"


def test_a_wrong_archive_is_said_before_anything_is_replaced(vanne: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "made-by-vanne-demo").touch()
    (tmp_path / "home" / "kept").touch()
    (tmp_path / "not.zip").write_text("hello")
    done = vanne("demo", "--no-serve", "--home", "home", "--archive", "not.zip")
    assert done.returncode == 65
    assert "not.zip" in done.stderr.splitlines()[-1]
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == [
        "kept",
        "made-by-vanne-demo",
    ]
    assert [path.name for path in tmp_path.glob(".home*")] == []


@pytest.mark.parametrize(("identical", "verified"), [(False, True), (True, False)])
def test_a_demo_that_proves_nothing_fails(identical: bool, verified: bool) -> None:
    summary = {
        "forgetting": {"identical_to_never_trained": identical},
        "receipt": {"verified": verified},
    }
    with pytest.raises(VerificationError) as caught:
        require_proof(summary)
    assert caught.value.exit_code == 1


def made_by_demo(folder: Path, content: str) -> Path:
    folder.mkdir()
    (folder / "made-by-vanne-demo").touch()
    (folder / "kept").write_text(content)
    return folder


def test_a_demo_that_breaks_off_leaves_the_old_one_whole(tmp_path: Path) -> None:
    home = made_by_demo(tmp_path / "home", "old")
    with pytest.raises(KeyboardInterrupt), made_anew(Home(home)) as building:
        (building.root / "kept").write_text("new")
        raise KeyboardInterrupt
    assert (home / "kept").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_demo_that_was_killed_between_two_renames_is_put_right(tmp_path: Path) -> None:
    made_by_demo(tmp_path / ".home.old", "old")
    with pytest.raises(KeyboardInterrupt), made_anew(Home(tmp_path / "home")):
        raise KeyboardInterrupt
    assert (tmp_path / "home" / "kept").read_text() == "old"


def test_a_whole_demo_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    home = made_by_demo(tmp_path / "home", "old")
    with made_anew(Home(home)) as building:
        (building.root / "kept").write_text("new")
    assert (home / "kept").read_text() == "new"
    assert home.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
