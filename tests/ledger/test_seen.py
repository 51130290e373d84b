"""A ledger that is older than what others have seen of it signs nothing."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from tests.ledger.conftest import AT, off
from tests.ledger.histories import restored
from tests.web.network import START, make_home
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import build, refresh
from vanne.errors import VerificationError
from vanne.ledger import Ledger
from vanne.ledger.kinds import Loss
from vanne.ledger.publish import publish
from vanne.ledger.seen import Sighting
from vanne.web import create_app

LATER = START + timedelta(days=1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def run(home: Home, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, [*arguments, "--home", str(home.root)])
    return done.exit_code, done.output + done.stderr + str(done.exception or "")


def chosen(home: Home, member: str) -> None:
    with Ledger.of(home) as ledger:
        ledger.append([off(member)])


def by_checkpoint(home: Home) -> None:
    pass


def by_corpus(home: Home) -> None:
    refresh(home, LATER)
    home.checkpoint.unlink()


def by_published(home: Home) -> None:
    with Ledger.of(home, read_only=True) as ledger:
        publish(ledger, home.root.parent / "published")
    home.checkpoint.unlink()


def by_model(home: Home) -> None:
    corpus = refresh(home, LATER).version
    home.checkpoint.unlink()
    (home.corpus / "CURRENT").unlink()
    (home.model / "models").mkdir(parents=True)
    (home.model / "CURRENT").write_text("a" * 64)
    lineage = {"corpus_version": corpus}
    (home.model / "models" / f"{'a' * 64}.json").write_text(json.dumps(lineage))


WHO: dict[str, Callable[[Home], None]] = {
    "checkpoint": by_checkpoint,
    "corpus": by_corpus,
    "published": by_published,
    "model": by_model,
}


@pytest.mark.parametrize("who", WHO)
def test_a_ledger_that_was_put_back_signs_nothing(home: Home, who: str) -> None:
    with restored(home.ledger):
        chosen(home, "anna")
        WHO[who](home)
    with Ledger.of(home) as ledger:
        with pytest.raises(VerificationError, match=rf"3 entries, and the {who} .* 4 entries"):
            ledger.append([off("fritz")])
        with pytest.raises(VerificationError, match="was put back"):
            ledger.rotate_key(AT)
        with pytest.raises(VerificationError, match="was put back"):
            ledger.erase("fritz", AT)
        assert ledger.size == 3
        (lost,) = ledger.lacking()
        assert (lost.by, lost.size) == (who, 4)


@pytest.mark.parametrize("who", WHO)
def test_another_history_of_the_same_length_signs_nothing(home: Home, who: str) -> None:
    with restored(home.ledger):
        chosen(home, "anna")
        WHO[who](home)
    hidden = home.root.with_name("hidden")
    shutil.copytree(home.root, hidden)
    for path in (Home(hidden).checkpoint, Home(hidden).published):
        path.unlink(missing_ok=True)
    shutil.rmtree(hidden / "corpus")
    chosen(Home(hidden), "fritz")
    for file in home.root.glob("ledger.sqlite*"):
        file.unlink()
    shutil.copy(Home(hidden).ledger, home.ledger)
    with (
        Ledger.of(home) as ledger,
        pytest.raises(VerificationError, match=f"the {who} .* another history"),
    ):
        ledger.append([off("fritz")])


def test_the_newest_ledger_goes_on_whatever_older_ones_were_seen(home: Home) -> None:
    older = home.checkpoint.read_bytes()
    chosen(home, "anna")
    build(home, LATER)
    home.checkpoint.write_bytes(older)
    chosen(home, "fritz")
    with Ledger.of(home, read_only=True) as ledger:
        assert (ledger.size, ledger.lacking()) == (5, [])


def test_every_command_and_the_server_say_who_has_seen_more(home: Home) -> None:
    with restored(home.ledger):
        chosen(home, "anna")
    line = "the ledger was put back: it has 3 entries, and the checkpoint"
    for command in (
        ["choose", "anna", "off"],
        ["corpus", "refresh"],
        ["corpus", "build"],
        ["ledger", "fsck"],
        ["status"],
    ):
        code, output = run(home, *command)
        assert code and line in output, command
        assert "Traceback" not in output
    with TestClient(create_app(home, now=lambda: START), base_url="http://127.0.0.1") as asked:
        answer = asked.get("/v1/ready").json()
    assert answer["status"] == "warn" and "ledger-behind" in answer["problems"]


def test_a_loss_that_is_accepted_leaves_a_trace_and_ends_the_refusal(home: Home) -> None:
    with restored(home.ledger):
        chosen(home, "anna")
        seen = Sighting.of_note("witness", "kept.txt", home.checkpoint.read_text())
    code, output = run(home, "ledger", "accept-loss")
    assert (code, "the loss is recorded from entry 3 on" in output) == (0, True)
    chosen(home, "anna")
    with Ledger.of(home, read_only=True) as ledger:
        (_, loss), _ = ledger.records(3)
        assert isinstance(loss, Loss)
        assert (loss.size, loss.root) == (4, seen.root.hex())
        assert ledger.fsck().ok
        assert ledger.lacking([seen]) == []
    assert refresh(home, LATER).ledger_size == 5


def test_what_is_lost_to_the_corpus_too_is_built_by_force_and_then_goes_on(home: Home) -> None:
    with restored(home.ledger):
        chosen(home, "anna")
        refresh(home, LATER)
    assert run(home, "ledger", "accept-loss")[0] == 0
    with pytest.raises(VerificationError, match="not the one that the corpus was built from"):
        refresh(home, LATER)
    build(home, LATER, force=True)
    chosen(home, "fritz")
    assert refresh(home, LATER).ledger_size == 5


def test_nothing_is_accepted_where_nothing_is_lost(home: Home) -> None:
    code, output = run(home, "ledger", "accept-loss")
    assert code and "nothing that was seen of the ledger is missing" in output
    with Ledger.of(home, read_only=True) as ledger:
        assert ledger.size == 3


def test_a_witness_shows_a_home_that_was_put_back_whole(home: Home) -> None:
    shutil.copytree(home.root, old := home.root.with_name("old"))
    chosen(home, "anna")
    note = home.checkpoint.read_text()
    seen = Sighting.of_note("witness", "kept.txt", note)
    with Ledger.of(Home(old), read_only=True) as ledger:
        assert ledger.lacking() == []
        assert ledger.lacking([seen]) == [seen]
    with Ledger.of(home, read_only=True) as ledger:
        assert ledger.lacking([seen]) == []
