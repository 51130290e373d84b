"""An operator who lies, with the network's own keys: whoever holds the home finds the lie, by name."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from click.testing import CliRunner

from tests.forget.homes import SALT, START, hours, make_home, say, train
from tests.security.liar import SCRIPT, Liar, act, leaver, verify
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import Document, read
from vanne.errors import VerificationError
from vanne.files import write_whole
from vanne.forget import Certificate
from vanne.forget.backlog import find_backlog, forget_at_once, forget_backlog
from vanne.forget.certificate import sign
from vanne.forget.history import entry_of, register
from vanne.forget.proof import chance, drawn
from vanne.forget.requests import opening
from vanne.forget.verifying import documents_of, verify_in_home
from vanne.ledger import Erasure, Ledger
from vanne.ledger.checkpoint import Verifier
from vanne.ledger.publish import publish as publish_log
from vanne.ledger.witness import WitnessDesk
from vanne.terms import MAIN_PURPOSE, Choice
from vanne.train.model import current, lineage_path
from vanne.train.settings import TrainingSettings
from vanne.train.shards import SCHEME, slot
from vanne.train.store import ModelStore

Json = dict[str, Any]


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, tiny: TrainingSettings) -> Liar:
    home = make_home(tmp_path_factory.mktemp("once") / "home")
    train(home, tiny)
    register(home, lambda: START)
    who = leaver(tiny)
    say(home, who, False, hours(1))
    certificate = act(home, find_backlog(home, hours(2)))
    return Liar(home, certificate, slot(f"m{who}", SALT, tiny)[0])


@pytest.fixture
def liar(once: Liar, tmp_path: Path, proof_here: None) -> Liar:
    home = Home(Path(copytree(once.home.root, tmp_path / "home")))
    return replace(once, home=home)


def test_honest_certificate_holds_in_every_step_and_its_proof(liar: Liar) -> None:
    path = liar.publishes()
    assert verify(liar.home, path, "--proof") == "holds"
    assert verify(liar.home, path, "--proof", "--all") == "holds"


def test_false_shard_that_is_said_to_be_untouched_is_refused(liar: Liar) -> None:
    fitting = liar.falsifies(liar.touched)
    after = fitting["shards"]["after"]
    path = liar.publishes(**fitting | {"shards": {"before": after, "after": after}})
    assert verify(liar.home, path) == "holds"  # what costs nothing cannot see it
    assert verify(liar.home, path, "--proof") == "touched"


def test_false_shard_is_refused_by_the_proof(liar: Liar) -> None:
    path = liar.publishes(**liar.falsifies(liar.touched))
    assert verify(liar.home, path, "--proof") == "proof"


def test_another_shard_than_the_touched_one_is_refused(liar: Liar) -> None:
    shards = json.loads(json.dumps(liar.honest.document["shards"]))
    shards["before"][str(liar.touched)] = shards["after"][str(liar.touched)]
    shards["before"][str(liar.untouched)] = "0" * 64
    assert verify(liar.home, liar.publishes(shards=shards), "--proof") == "touched"


def test_false_shard_that_nothing_left_is_found_by_the_proof_of_all(liar: Liar) -> None:
    fitting = liar.falsifies(liar.untouched)
    before = {str(liar.untouched): fitting["shards"]["after"][str(liar.untouched)]}
    fitting["shards"]["before"] = fitting["shards"]["before"] | before
    path = liar.publishes(**fitting)
    assert verify(liar.home, path, "--proof") == "holds"
    assert verify(liar.home, path, "--proof", "--all") == "proof"


@pytest.mark.parametrize(
    ("leave", "together", "step"),
    [(1, 1, "holds"), (1, 2, "together"), (2, 2, "holds"), (2, 3, "together")],
)
def test_as_many_left_together_as_it_says(
    tmp_path: Path, tiny: TrainingSettings, proof_here: None, leave: int, together: int, step: str
) -> None:
    home = make_home(tmp_path / "home")
    train(home, tiny)
    register(home, lambda: START)
    for member in range(leave):
        say(home, member, False, hours(1))
    liar = Liar(home, act(home, find_backlog(home, hours(2))), 0)
    lie = {"together": together} if together > 1 else {}
    assert verify(home, liar.publishes(**lie), "--proof") == step


@pytest.mark.parametrize(("late", "step"), [(2, "holds"), (24, "holds"), (48, "ledger")])
def test_entry_is_of_the_day_of_its_certificate_or_of_the_next(
    liar: Liar, late: int, step: str
) -> None:
    assert verify(liar.home, liar.publishes(at=hours(late))) == step


@pytest.mark.parametrize(("days", "step"), [(0, "holds"), (1, "before")])
def test_no_certificate_is_older_than_its_corpus(liar: Liar, days: int, step: str) -> None:
    day = str(START.date() - timedelta(days=days))
    assert verify(liar.home, liar.publishes(day=day)) == step


@pytest.mark.parametrize(
    ("scope", "target", "category", "holds"),
    [
        ("all", None, "post", False),
        ("category", "post", "post", False),
        ("category", "post", "article", True),
        ("item", "post-0", "post", False),
        ("item", "post-1", "post", True),
    ],
)
def test_no_text_of_the_corpus_is_covered_by_an_opt_out(
    tmp_path: Path, tiny: TrainingSettings, scope: str, target: str, category: str, holds: bool
) -> None:
    home = make_home(tmp_path / "home")
    train(home, tiny)
    register(home, lambda: START)
    say(home, 0, False, hours(1), scope, target)
    liar = Liar(home, act(home, find_backlog(home, hours(2))), 0)
    certificate = Certificate(json.loads(liar.publishes().read_text()))
    texts = documents_of(home, certificate.corpus_after)
    assert texts is not None
    # What a patched program let in, in spite of the opt-out
    let_in = Document("post-0", "m0", "m0 is still here", "en", category)
    others = [each for each in texts if each.item_id != "post-0"]
    found = r"an opt-out covers" if not holds else "at step `lineage`"
    with pytest.raises(VerificationError, match=found):
        list(verify_in_home(certificate, home, [*others, let_in]))


def test_an_erasure_is_a_request_that_a_certificate_has_to_name(
    tmp_path: Path, tiny: TrainingSettings
) -> None:
    home = make_home(tmp_path / "home")
    train(home, tiny)
    register(home, lambda: START)
    say(home, 0, False, hours(1))
    say(home, 0, False, hours(1), "item", "post-0")
    with Ledger.of(home) as ledger:
        ledger.erase("m0", hours(1), keep=[Choice("m0", MAIN_PURPOSE, "all", False, hours(1))])
    honest = act(home, find_backlog(home, hours(2)))
    with Ledger.of(home) as ledger:
        (erased,) = (n for n, record in ledger.records() if isinstance(record, Erasure))
        named = opening(ledger, erased)
    liar = Liar(home, honest, 0)
    assert named in honest.requests
    without = sorted(honest.requests - {named})
    assert verify(home, liar.publishes(requests=without)) == "requests"


def test_a_sample_that_the_log_draws_finds_a_false_slice_as_often_as_it_says(liar: Liar) -> None:
    fitting = liar.falsifies(liar.untouched)
    before = {str(liar.untouched): fitting["shards"]["after"][str(liar.untouched)]}
    fitting["shards"]["before"] = fitting["shards"]["before"] | before
    path, chains = liar.publishes(**fitting), current(liar.home.model).shards
    places = ["ground"] + [
        f"shard {shard}, slice {part}"
        for shard, chain in chains.items() for part, note in enumerate(chain) if note.documents
    ]  # fmt: skip
    false = [n for n in places if n.startswith(f"shard {liar.untouched}")][-1]
    with Ledger.of(liar.home) as ledger:
        root = ledger.root()
    words = iter(map(str, range(100)))
    spared = next(word for word in words if drawn(places, 1, root, word) != [false])
    found = next(word for word in words if drawn(places, 1, root, word) == [false])
    assert verify(liar.home, path, "--proof", "--sample", "1", "--draw", spared) == "holds"
    assert verify(liar.home, path, "--proof", "--sample", "1", "--draw", found) == "proof"
    assert verify(liar.home, path, "--proof", "--sample", "99") == "proof"
    assert chance(1, 1, len(places)) == pytest.approx(1 / len(places))


Lie = Callable[[Liar], Json]


def of(name: str, **changes: Any) -> Lie:
    return lambda liar: {name: liar.honest.document[name] | changes}


LIES: dict[str, tuple[Lie, str]] = {
    "another corpus after": (
        lambda liar: {"corpus": dict.fromkeys(["before", "after"], liar.honest.corpus_before)},
        "model",
    ),
    "another corpus before, so that nothing was touched": (
        lambda liar: {"corpus": dict.fromkeys(["before", "after"], liar.honest.corpus_after)},
        "before",
    ),
    "another model before": (of("model", before="0" * 64), "model"),
    "the fallback model as the one before": (
        lambda liar: {
            "model": liar.honest.document["model"]
            | {"before": liar.honest.document["at_once"][0]["model"]}
        },
        "before",
    ),
    "another model after": (of("model", after="0" * 64), "model"),
    "other settings": (of("configuration", settings="0" * 64), "model"),
    "another base": (of("configuration", base="0" * 64), "model"),
    "another ground": (of("configuration", ground="0" * 64), "model"),
    "other facts": (of("configuration", facts=[]), "model"),
    "another secret": (of("configuration", placement="0" * 64), "model"),
    "a shard left out": (
        lambda liar: {
            "shards": liar.honest.document["shards"]
            | {"after": {"0": liar.honest.document["shards"]["after"]["0"]}}
        },
        "model",
    ),
    "texts that wait": (lambda liar: {"waiting": 3}, "model"),
    "another claim": (lambda liar: {"claim": "nothing of anybody is in it"}, "model"),
    "a field of its own": (lambda liar: {"touched": []}, "schema"),
    "an earlier day": (lambda liar: {"day": str(START.date() - timedelta(days=9))}, "ledger"),
    "a day to come": (lambda liar: {"day": str(START.date() + timedelta(days=9))}, "ledger"),
    "nobody asked": (lambda liar: {"requests": []}, "requests"),
    "checkpoints that stayed": (
        lambda liar: {
            "keys": liar.honest.document["keys"]
            | {"dropped": [current(liar.home.model).ground.key]}
        },
        "dropped",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_certificate_that_says_something_else_is_refused(liar: Liar, lie: str) -> None:
    changes, step = LIES[lie]
    assert verify(liar.home, liar.publishes(**changes(liar))) == step


def test_certificate_of_a_fallback_model_that_calls_itself_whole_is_refused(
    once: Liar, tmp_path: Path, tiny: TrainingSettings
) -> None:
    home = make_home(tmp_path / "home")
    train(home, tiny)
    say(home, leaver(tiny), False, hours(1))
    first = forget_at_once(home, find_backlog(home, hours(2)), lambda: hours(2))
    assert first is not None and first.waiting
    liar = Liar(home, first, once.touched)
    lie = {"phase": "retrained", "waiting": 0, "claim": once.honest.document["claim"]}
    path = sign(
        {k: v for k, v in first.document.items() if k != "signature"} | lie, ModelStore(home.model)
    ).write(home.certificates)
    assert verify(liar.home, path) == "model"
    model = replace(current(home.model), waiting=0)
    liar.serves(model)  # the lineage, too
    assert verify(home, path) == "ledger"  # a second one of the same forgetting


def test_later_no_that_the_corpus_has_not_heard_is_refused(liar: Liar) -> None:
    index = say(liar.home, 0, False, hours(2))
    with Ledger.of(liar.home) as ledger:
        named = opening(ledger, index)
    requests = [*liar.honest.document["requests"], named]
    assert verify(liar.home, liar.publishes(requests=requests)) == "requests"


def test_certificate_that_the_ledger_does_not_name_is_refused(liar: Liar) -> None:
    path = liar.home.certificates / f"{liar.honest.id[:16]}.json"
    assert verify(liar.home, path) == "ledger"


def test_second_certificate_of_one_forgetting_is_found_everywhere(
    liar: Liar, tmp_path: Path
) -> None:
    first = liar.publishes()
    kept = first.read_bytes()
    second = liar.publishes(requests=[])
    first.write_bytes(kept)
    assert verify(liar.home, first) == verify(liar.home, second) == "ledger"
    what = "a second certificate of what entry"
    done = CliRunner().invoke(cli, ["ledger", "fsck", "--home", str(liar.home.root)])
    assert (done.exit_code, what in done.output) == (1, True), done.output
    with Ledger.of(liar.home) as ledger:
        publish_log(ledger, tmp_path / "log")
    done = CliRunner().invoke(cli, ["ledger", "follow", str(tmp_path / "log")])
    assert what in str(done.exception)


def test_another_key_is_found_everywhere(liar: Liar) -> None:
    store = ModelStore(liar.home.model)
    public = (store.root / "certificate.pub").read_bytes()
    (store.root / "certificate.key").unlink()
    path = liar.publishes()
    said = "the key of this certificate is not that of the model before it"
    assert verify(liar.home, path) == "ledger"
    done = CliRunner().invoke(cli, ["ledger", "fsck", "--home", str(liar.home.root)])
    assert (done.exit_code, said in done.output) == (1, True), done.output
    (store.root / "certificate.pub").write_bytes(public)
    assert verify(liar.home, path) == "key"


def test_entry_of_a_certificate_that_was_taken_away_stays(liar: Liar) -> None:
    path = liar.publishes()
    path.unlink()
    done = CliRunner().invoke(cli, ["ledger", "prove", path.stem, "--home", str(liar.home.root)])
    assert done.exit_code == 0 and json.loads(done.stdout)["kind"] == "inclusion"


def test_old_certificate_that_is_shown_again_says_that_its_model_was_replaced(
    liar: Liar,
) -> None:
    path = liar.publishes()
    say(liar.home, 0, False, hours(3))
    forget_backlog(liar.home, find_backlog(liar.home, hours(4)), lambda: hours(4))
    done = CliRunner().invoke(cli, ["verify", str(path), "--home", str(liar.home.root)])
    assert re.search(r"^model +not checked", done.output, re.M)
    assert "was replaced" in verify(liar.home, path, "--proof")


def test_another_secret_in_the_place_of_the_one_is_named_before_anything_is_dropped(
    liar: Liar,
) -> None:
    path, model = liar.publishes(), current(liar.home.model)
    (liar.home.model / "salt").write_bytes(bytes(32))
    said = "is not the secret with which the model was made"
    for command in (["train"], ["forget", "--dry-run"], ["forget", "--at-once"], ["forget"]):
        done = CliRunner().invoke(cli, [*command, "--home", str(liar.home.root)])
        assert said in str(done.exception), command
    assert verify(liar.home, path) == "lineage"
    assert current(liar.home.model) == model


def test_another_secret_is_found_by_the_ledger_where_the_lineage_was_changed_too(
    liar: Liar,
) -> None:
    from vanne.train.shards import placement_of

    liar.publishes()
    write_whole(liar.home.model / "salt", bytes(32), mode=0o600)
    liar.serves(replace(current(liar.home.model), placement=placement_of(bytes(32))))
    say(liar.home, 0, False, hours(3))
    done = CliRunner().invoke(cli, ["forget", "--at-once", "--home", str(liar.home.root)])
    assert "another secret than the ledger names" in str(done.exception)


def test_others_learn_neither_who_asked_nor_when_nor_how_many(
    once: Liar, tmp_path: Path, tiny: TrainingSettings
) -> None:
    home = make_home(tmp_path / "home")
    train(home, tiny)
    indices = [say(home, member, False, hours(1)) for member in (0, 1, 2)]
    many = forget_backlog(home, find_backlog(home, hours(2)), lambda: hours(2))
    for each in (once.honest, many):
        text = json.dumps(each.document)
        assert not re.search(r"\d\d:\d\d|tokens|seconds|reasons", text)
        assert date.fromisoformat(each.document["day"]) == START.date()
        assert not re.search(r'"(m\d|post-\d|about-\d)"', text)
    assert len(once.honest.requests) == len(many.requests) == 16
    with Ledger.of(home) as ledger:
        found = entry_of(ledger, many.id)
        assert found is not None
        (public,) = ledger.entries(found[0] + 1, start=found[0])
    assert set(json.loads(public)["content"]) == {
        "at", "certificate", "corpus", "key", "model", "series"
    }  # fmt: skip
    assert len(indices) == 3


def test_offline_a_proof_and_a_receipt_show_what_needs_no_home(liar: Liar, tmp_path: Path) -> None:
    path = liar.publishes()
    with Ledger.of(liar.home) as ledger:
        other = ledger.size
    say(liar.home, 0, True, hours(3))
    root = ["--home", str(liar.home.root)]
    proof = CliRunner().invoke(cli, ["ledger", "prove", path.stem, *root]).stdout
    (tmp_path / "proof.json").write_text(proof)
    with Ledger.of(liar.home) as ledger:
        vkey, asked = ledger.vkey, next(n for n, r in ledger.records() if hasattr(r, "on"))
        for name, index in (("receipt", asked), ("another", other)):
            (tmp_path / f"{name}.json").write_text(json.dumps(ledger.receipt(index)))

    def check(*options: object) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["verify", str(path), *map(str, options)])
        return done.exit_code, done.output + str(done.exception)

    assert re.search(r"^ledger +not checked +without a proof", check()[1], re.M)
    inclusion = ["--inclusion", tmp_path / "proof.json"]
    assert re.search(r"^ledger +not checked .*compare it", check(*inclusion)[1], re.M)
    code, said = check(*inclusion, "--vkey", vkey, "--receipt", tmp_path / "receipt.json")
    assert code == 0
    assert re.search(r"^ledger +holds", said, re.M) and re.search(r"^receipt +holds", said, re.M)
    assert "step `receipt`" in check("--receipt", tmp_path / "another.json")[1]
    with Ledger.of(liar.home) as ledger:
        (tmp_path / "proof.json").write_text(json.dumps(ledger_proof(ledger, asked)))
    assert "step `ledger`" in check(*inclusion)[1]


def ledger_proof(ledger: Ledger, index: int) -> Json:
    from vanne.ledger.proof import prove_entry

    return prove_entry(ledger, index)


def test_a_script_that_can_be_read_and_uses_nothing_of_ours_finds_the_same(
    liar: Liar, tmp_path: Path
) -> None:
    path, home = liar.publishes(), liar.home
    script = SCRIPT.read_text()
    assert len(script.splitlines()) <= 160 and "import vanne" not in script
    assert f"scheme = {SCHEME} if" in script
    texts, receipt, log = tmp_path / "texts", tmp_path / "receipt.json", tmp_path / "log"
    texts.write_text(CliRunner().invoke(cli, ["corpus", "read", "--home", str(home.root)]).stdout)
    with Ledger.of(home) as ledger:
        asked = next(n for n, record in ledger.records() if hasattr(record, "on"))
        receipt.write_text(json.dumps(ledger.receipt(asked)))
        publish_log(ledger, log)
        vkey = ledger.vkey
        desk = WitnessDesk.open(tmp_path / "witness", "witness.example/one", [Verifier.parse(vkey)])
        note = ledger.checkpoint()
        (log / "checkpoint").write_text(note + desk.add(f"old 0\n\n{note}", 9)[1])
    other = Verifier("vanne.local/ledger", desk.signer.verifier.public).vkey
    others = [desk.signer.verifier.vkey, str(receipt)]

    def check(*lies: object) -> tuple[int, str]:
        words = [str(each) for each in (path, log, vkey, home.root, texts, *others)]
        for place, lie in zip(lies[::2], lies[1::2], strict=True):
            words[int(str(place))] = str(lie)
        done = subprocess.run(
            [sys.executable, "-I", SCRIPT, *words], capture_output=True, text=True
        )
        return done.returncode, (done.stdout + done.stderr).splitlines()[-1]

    code, last = check()
    assert (code, last) == (0, "holds: and counts them")
    fewer = tmp_path / "fewer"
    fewer.write_text("".join(texts.read_text().splitlines(keepends=True)[1:]))
    assert "DOES NOT HOLD: shard" in check(4, fewer)[1]
    assert "DOES NOT HOLD: vanne.local" in check(2, other)[1]
    document = json.loads(path.read_text())
    lie = tmp_path / "lie.json"
    lie.write_text(json.dumps(document | {"waiting": 1}))
    assert check(0, lie) == (1, "DOES NOT HOLD: InvalidSignature")
    signed = sign(
        {k: v for k, v in document.items() if k != "signature"} | {"waiting": 1},
        ModelStore(home.model),
    )
    lie.write_text(json.dumps(signed.document))
    assert "DOES NOT HOLD: the log names it" in check(0, lie)[1]
    salt = (home.model / "salt").read_bytes()
    (home.model / "salt").write_bytes(bytes(32))
    assert "DOES NOT HOLD: the log commits to this secret" in check()[1]
    (home.model / "salt").write_bytes(salt)
    served = lineage_path(ModelStore(home.model), document["model"]["after"])
    served.write_text('{"schema": "vanne/model-tombstone/1"}')  # as a later forgetting leaves it
    assert check() == (0, "holds: what can still be seen of it: its model was replaced")


def test_documents_of_who_left_are_read_for_the_proof_and_kept_nowhere(liar: Liar) -> None:
    before = {path for path in liar.home.root.rglob("*") if path.is_file()}
    path = liar.publishes()
    verify(liar.home, path, "--proof")
    after = {each for each in liar.home.root.rglob("*") if each.is_file()}
    assert {each.name for each in after - before} <= {path.name}
    assert list(read(liar.home, find_backlog(liar.home, hours(3)).after))
