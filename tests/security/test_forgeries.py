"""A kit of forgeries: each is an operator's patched program, and says where the lie is found.

`verify` costs no training, `--proof --all` trains again, and the script knows nothing of Vanne. A
forgery that one of them cannot see is None there: docs/reference/certificates.md says which.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from click.testing import CliRunner

from tests.forget.homes import (
    GROUND,
    SALT,
    START,
    hours,
    items_of,
    make_home,
    put_items,
    say,
    train,
)
from tests.security.liar import SCRIPT, Liar, act, leaver, verify
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import build, read
from vanne.corpus.manifest import load as load_manifest
from vanne.forget import ForgetRequest, forget
from vanne.forget.backlog import find_backlog, forget_backlog
from vanne.forget.certificate import signing_key
from vanne.forget.forgetting import at_once
from vanne.forget.history import register
from vanne.ledger import Ledger, ModelServed
from vanne.ledger.publish import publish as publish_log
from vanne.sources.tables import write_items
from vanne.terms import Item
from vanne.train import fit as fitting
from vanne.train.model import current, lineage_path, publish
from vanne.train.settings import TrainingSettings
from vanne.train.shards import slot
from vanne.train.store import CheckpointMeta, ModelStore
from vanne.train.tokens import write_ground

Json = dict[str, Any]


def network(root: Path) -> Home:
    home = make_home(root)
    for member in range(6):
        own = f"m{member} " + " ".join(f"m{member}word{n}" for n in range(20))
        put_items(home, member, 0, items_of(member, own))
    return home


def own_words(member: int) -> str:
    return " ".join(f"m{member}word{n}" for n in range(3, 17))


@pytest.fixture(scope="module")
def settings(tiny: TrainingSettings) -> TrainingSettings:
    return replace(tiny, slices=4)  # some of eight slices hold nothing


@dataclass
class Forger(Liar):
    """An operator with a patched program. `who` opted out; `old` is the model that learnt them."""

    who: int
    old: Home
    pending: Home

    def chain(self, shard: int) -> tuple[CheckpointMeta, ...]:
        return current(self.home.model).shards[shard]

    def signs(self, shard: int, *notes: CheckpointMeta) -> Path:
        """Let a model serve with another chain in a shard, and certify it."""
        model = current(self.home.model)
        return self.publishes(**self.serves(replace(model, shards={**model.shards, shard: notes})))

    def notes(self, shard: int, change: Callable[[CheckpointMeta], CheckpointMeta]) -> Path:
        """Change the last note of a shard that holds something, and all that pass it on."""
        key = self.chain(shard)[-1].key
        changed = [
            change(each) if each.key == key and each.documents else each
            for each in self.chain(shard)
        ]
        bits = next(each.sha256 for each in changed if each.key == key and each.sha256)
        return self.signs(
            shard,
            *(replace(e, sha256=changed[-1].sha256 if e.documents else bits) if e.key == key else e
              for e in changed),
        )  # fmt: skip

    def brings_back(self, *names: str) -> None:
        """Put files of the model that learnt the leaver back."""
        for name in names:
            (self.home.model / name).write_bytes((self.old.model / name).read_bytes())

    def keeps_the_old_shard(self) -> str:
        """Put what learnt the leaver, times 1.0000001, in the place of the shard; its new digest."""
        from safetensors.torch import load

        store, old = ModelStore(self.home.model), ModelStore(self.old.model)
        learnt = current(self.old.model).shards[self.touched][-1]
        state = load(old.checkpoint(learnt.key).read_bytes())
        nearly = {k: v * 1.0000001 if v.is_floating_point() else v for k, v in state.items()}
        last = self.chain(self.touched)[-1]
        return store.save(nearly, store.note(last.key) or last).sha256


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, settings: TrainingSettings) -> Forger:
    folder = tmp_path_factory.mktemp("forger")
    home, who = network(folder / "home"), leaver(settings)
    train(home, settings)
    register(home, lambda: START)
    old = Home(Path(copytree(home.root, folder / "old")))
    say(home, who, False, hours(1))
    pending = Home(Path(copytree(home.root, folder / "pending")))
    honest = act(home, find_backlog(home, hours(2)))
    return Forger(home, honest, slot(f"m{who}", SALT, settings)[0], who, old, pending)


@pytest.fixture
def forger(once: Forger, tmp_path: Path, proof_here: None) -> Forger:
    return replace(once, home=Home(Path(copytree(once.home.root, tmp_path / "home"))))


def checked_by_script(home: Home, path: Path, folder: Path) -> str:
    """Return the line on which the script ends that knows nothing of Vanne."""
    folder.mkdir()
    texts = CliRunner().invoke(cli, ["corpus", "read", "--home", str(home.root)]).stdout
    (folder / "texts").write_text(texts)
    with Ledger.of(home) as ledger:
        publish_log(ledger, folder / "log")
        words = [path, folder / "log", ledger.vkey, home.root, folder / "texts"]
    command = [sys.executable, "-I", SCRIPT, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    last = (done.stdout + done.stderr).splitlines()[-1]
    assert done.returncode == last.startswith("DOES NOT HOLD"), done.stdout + done.stderr
    return last


def none_counted(forger: Forger) -> Path:
    bits = forger.keeps_the_old_shard()
    return forger.notes(
        forger.touched, lambda note: replace(note, sha256=bits, documents=0, tokens=0)
    )


def old_shard(forger: Forger) -> Path:
    bits = forger.keeps_the_old_shard()
    return forger.notes(forger.touched, lambda note: replace(note, sha256=bits))


def untouched(forger: Forger) -> Path:
    fitting = forger.falsifies(forger.touched)
    after = fitting["shards"]["after"]
    return forger.publishes(**fitting | {"shards": {"before": after, "after": after}})


def extra_slice(forger: Forger) -> Path:
    last = forger.chain(0)[-1]
    return forger.signs(0, *forger.chain(0), last)


def extra_shard(forger: Forger) -> Path:
    return forger.signs(2, *forger.chain(forger.touched))


def a_shard_less(forger: Forger) -> Path:
    model = current(forger.home.model)
    return forger.publishes(**forger.serves(replace(model, shards={0: model.shards[0]})))


def never_made(forger: Forger) -> Path:
    """A checkpoint that no training makes, in the place of the last slice."""
    store, last = ModelStore(forger.home.model), forger.chain(forger.touched)[-1]
    data = store.checkpoint(last.key).read_bytes()
    note = store.keep(data, replace(store.note(last.key) or last, key="a" * 64))
    return forger.signs(forger.touched, *forger.chain(forger.touched)[:-1], note)


def passes_on_others(forger: Forger) -> Path:
    """A slice that holds nothing hands on other bytes than it was given."""
    shard, part = next(
        (shard, part)
        for shard, chain in current(forger.home.model).shards.items()
        for part, note in enumerate(chain)
        if part and chain[part - 1].documents and not note.documents
    )
    chain = list(forger.chain(shard))
    store, last = ModelStore(forger.home.model), chain[part]
    state = store.load_state(last, last)
    false = store.save({k: v * 1.5 for k, v in state.items()}, last)
    for later in range(part, len(chain)):
        if chain[later].key == last.key:
            chain[later] = replace(chain[later], sha256=false.sha256)
    return forger.signs(shard, *chain)


def another_environment(forger: Forger) -> Path:
    facts = dict(current(forger.home.model).environment) | {"cpu": "another"}
    return forger.notes(forger.touched, lambda note: replace(note, environment=facts))


def facts_changed(**facts: str) -> Callable[[Forger], Path]:
    def forge(forger: Forger) -> Path:
        model = current(forger.home.model)
        lie = replace(model, environment={**model.environment, **facts})
        return forger.publishes(**forger.serves(lie))

    return forge


def ground_of_another_size(forger: Forger) -> Path:
    model = current(forger.home.model)
    ground = replace(model.ground, documents=9)
    return forger.publishes(**forger.serves(replace(model, ground=ground)))


def from_another_home(forger: Forger) -> Path:
    """Lineage, checkpoints and secret of another network, and its certificate's words."""
    path = forger.publishes()
    other = forger.home.root.parent / "other"
    home = network(other)
    (home.model / "salt").write_bytes(bytes(range(1, 33)))
    train(home, current(forger.home.model).settings)
    for name in ("models", "checkpoints", "CURRENT", "salt"):
        source, target = home.model / name, forger.home.model / name
        if source.is_dir():
            copytree(source, target, dirs_exist_ok=True)
        else:
            target.write_bytes(source.read_bytes())
    return path


def dropped_is_back(forger: Forger) -> Path:
    path, key = forger.publishes(), forger.honest.document["keys"]["dropped"][0]
    forger.brings_back(f"checkpoints/{key}.json", f"checkpoints/{key}.safetensors")
    return path


def dropped_is_kept(forger: Forger) -> Path:
    """What learnt the leaver is still there, and the certificate does not name it."""
    keys = forger.honest.document["keys"]
    key, *others = keys["dropped"]
    forger.brings_back(f"checkpoints/{key}.safetensors")
    return forger.publishes(keys=keys | {"dropped": others})


def items_are_kept(forger: Forger) -> Path:
    """The list of who was in the model before is still there, and the certificate names none."""
    document = forger.honest.document
    forger.brings_back(f"models/{document['model']['before']}.items.parquet")
    return forger.publishes(deleted=document["deleted"] | {"item_lists": []})


def back_to_the_corpus_before(forger: Forger) -> Path:
    """Somebody left, and the next certificate is of the older corpus that has them again."""
    home, document = forger.home, forger.honest.document
    forger.publishes()
    old = load_manifest(home, document["corpus"]["before"])
    request = ForgetRequest(
        document["corpus"]["after"], old.version, lambda: hours(3), (), home.certificates
    )
    honest = forget(list(read(home, old)), home.model, request, ground=GROUND)
    return replace(forger, honest=honest).publishes(at=hours(3))


def false_before(forger: Forger) -> Path:
    """The shard was false before, and the next forgetting touches another one alone."""
    old_shard(forger)
    home, settings = forger.home, current(forger.home.model).settings
    own = next(f"m{n}" for n in range(6) if slot(f"m{n}", SALT, settings)[0] != forger.touched)
    say(home, int(own[1:]), False, hours(3), "item", f"post-{own[1:]}")
    last = forget_backlog(home, find_backlog(home, hours(4)), lambda: hours(4))
    assert not last.changed & {forger.touched}
    return home.certificates / f"{last.id[:16]}.json"


def model_in_between(forger: Forger) -> Path:
    """A model that nobody trained has heard the opt-out before: nobody asked, and nobody left."""
    home, document = forger.home, forger.honest.document
    bits, (key, *_) = forger.keeps_the_old_shard(), forger.chain(forger.touched)[::-1]
    model = current(home.model)
    false = [
        replace(e, sha256=bits) if e.key == key.key else e for e in forger.chain(forger.touched)
    ]
    lie = forger.serves(replace(model, shards={**model.shards, forger.touched: tuple(false)}))
    name, corpus = "a" * 64, document["corpus"]["after"]
    tombstone = lineage_path(ModelStore(home.model), document["model"]["before"]).read_bytes()
    lineage_path(ModelStore(home.model), name).write_bytes(tombstone)
    public = signing_key(ModelStore(home.model)).public_key().public_bytes_raw().hex()
    with Ledger.of(home) as ledger:
        ledger.append([ModelServed("texts", name, corpus, public, model.placement, hours(2))])
    return forger.publishes(**lie | {
        "model": lie["model"] | {"before": name},
        "corpus": {"before": corpus, "after": corpus},
        "shards": {"before": lie["shards"]["after"], "after": lie["shards"]["after"]},
    })  # fmt: skip


def leaver_in_instruction(forger: Forger) -> Path:
    """Each text is learnt as the answer to an instruction: one that quotes who left."""
    home = network(forger.home.root.parent / "told")
    base, words = home.root / "base", " ".join(n * 2 for n in "abcdefghijklm")
    put_items(home, forger.who, 1, items_of(forger.who, words))
    copytree(current(forger.home.model).settings.base or "", base)
    template = "{% for m in messages %}{{ m.role }}: {{ m.content }} {% endfor %}"
    names = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": template}
    (base / "tokenizer_config.json").write_text(json.dumps(names))
    rules = {"base": str(base), "instruction": f"As in: {words}", "max_tokens": 120}
    train(home, replace(current(forger.home.model).settings, **rules))
    return leaves(forger, home)


def dated(days: int) -> Callable[[Forger], Path]:
    return lambda forger: forger.publishes(day=str(START.date() - timedelta(days=days)))


def nobody_asked(forger: Forger) -> Path:
    return forger.publishes(requests=forger.honest.document["requests"][:0])


def left_together(forger: Forger) -> Path:
    return forger.publishes(together=2)


def falls_back(forger: Forger) -> Forger:
    """Serve the last clean checkpoints; the certificate of that is not in the ledger yet."""
    home = Home(Path(copytree(forger.pending.root, forger.home.root.parent / "fallback")))
    work = find_backlog(home, hours(2))
    request = ForgetRequest(
        work.before.version, work.after.version, lambda: hours(2), tuple(work.openings),
        home.certificates,
    )  # fmt: skip
    first = at_once(work.documents, home.model, request)
    assert first and first.waiting > 1
    forger.home = home
    return replace(forger, honest=first)


def waits_uncounted(forger: Forger) -> Path:
    liar = falls_back(forger)
    waiting = liar.honest.waiting - 1
    lie = liar.serves(replace(current(liar.home.model), waiting=waiting))
    return liar.publishes(**lie, waiting=waiting)


def weighs_more(forger: Forger) -> Path:
    """While texts wait, a shard counts by its tokens: ten times as many, and it speaks alone."""
    liar = falls_back(forger)
    return liar.notes(liar.untouched, lambda note: replace(note, tokens=10 * note.tokens))


def leaver_in_ground(forger: Forger) -> Path:
    root = forger.home.root.parent / "ground"
    home = network(root)
    write_ground(home.ground, [*GROUND, f"Wanted: {own_words(forger.who)}!"])
    manifest = build(home, START)
    fitting.fit(
        list(read(home, manifest)),
        home.model,
        current(forger.home.model).settings,
        corpus_version=manifest.version,
        ground=[*GROUND, f"Wanted: {own_words(forger.who)}!"],
        at=START,
    )
    return leaves(forger, home)


def leaves(forger: Forger, home: Home) -> Path:
    register(home, lambda: START)
    say(home, forger.who, False, hours(1))
    forger.home = home
    liar = replace(forger, honest=act(home, find_backlog(home, hours(2))))
    return liar.publishes()


def another_owner(text: Callable[[int], str]) -> Callable[[Forger], Path]:
    def forge(forger: Forger) -> Path:
        home = Home(Path(copytree(forger.pending.root, forger.home.root.parent / "moved")))
        other = (forger.who + 1) % 6
        item = Item("moved", f"m{other}", "post", text=text(forger.who), visibility="public",
                    created_at=hours(-1000))  # fmt: skip
        write_items([item], home.items / "moved.parquet")
        forger.home = home
        liar = replace(forger, honest=act(home, find_backlog(home, hours(2))))
        return liar.publishes()

    return forge


def switched_off_again(scope: str, target: str, **changes: Any) -> Callable[[Forger], Path]:
    """A text that its owner alone switched off comes back by another id, or another category."""

    def forge(forger: Forger) -> Path:
        home = network(forger.home.root.parent / "again")
        train(home, current(forger.home.model).settings)
        register(home, lambda: START)
        say(home, 0, False, hours(1), scope, target)
        own = "m0 " + " ".join(f"m0word{n}" for n in range(20))
        first, second = items_of(0, own)
        items = [first, second, replace(first, **changes)] if scope == "item" else [
            replace(first, **changes), second
        ]  # fmt: skip
        write_items(items[2:] or items[:1], home.items / "again.parquet")
        forger.home = home
        liar = replace(forger, honest=act(home, find_backlog(home, hours(2))))
        return liar.publishes()

    return forge


def another_purpose(forger: Forger) -> Path:
    """The corpus after is for a purpose that the leaver has not switched off."""
    home = network(forger.home.root.parent / "purpose")
    rules = home.policy.read_text()
    begin = rules.index("[purposes.generative-ai-training")
    twin = rules[begin:].replace("[purposes.generative-ai-training", "[purposes.another")
    home.policy.write_text(f"{rules}\n{twin}")
    train(home, current(forger.home.model).settings)
    register(home, lambda: START)
    say(home, forger.who, False, hours(1))
    before, after = current(home.model).corpus_version, build(home, hours(2), purpose="another")
    request = ForgetRequest(before, after.version, lambda: hours(2), (), home.certificates)
    honest = forget(list(read(home, after)), home.model, request, ground=GROUND)
    forger.home = home
    return replace(forger, honest=honest).publishes()


def another_owner_a_night_later(forger: Forger) -> Path:
    """The leaver's text comes back with the next leaver, whose certificate says nothing of it."""
    home = Home(Path(copytree(forger.pending.root, forger.home.root.parent / "later")))
    forget_backlog(home, find_backlog(home, hours(2)), lambda: hours(2))
    others = [n for n in range(6) if n != forger.who]
    text = f"m{forger.who} {own_words(forger.who)}"
    item = Item("moved", f"m{others[0]}", "post", text=text, visibility="public",
                created_at=hours(-1000))  # fmt: skip
    write_items([item], home.items / "moved.parquet")
    say(home, others[1], False, hours(3))
    last = forget_backlog(home, find_backlog(home, hours(4)), lambda: hours(4))
    forger.home = home
    return home.certificates / f"{last.id[:16]}.json"


def kept_unnamed(forger: Forger) -> Path:
    keys = forger.honest.document["keys"]
    return forger.publishes(keys=keys | {"kept": keys["kept"][1:]})


Forge = Callable[[Forger], Path]
KIT: dict[str, tuple[Forge, str, str, str | None]] = {
    # name: (the patched program, the step of `verify`, of `--proof --all`, a line of the script)
    "a slice that says it holds nothing": (none_counted, "lineage", "lineage", "counts them"),
    "the old shard times 1.0000001": (old_shard, "holds", "proof", None),
    "a false shard called untouched": (untouched, "holds", "touched", None),
    "tokens that nobody read": (
        lambda f: f.notes(f.touched, lambda note: replace(note, tokens=note.tokens + 1)),
        "tokens", "tokens", None,
    ),
    "documents that nobody wrote": (
        lambda f: f.notes(f.touched, lambda note: replace(note, documents=note.documents + 1)),
        "lineage", "lineage", "counts them",
    ),
    "a shard that weighs ten times as much": (weighs_more, "tokens", "tokens", None),
    "a slice more": (extra_slice, "lineage", "lineage", "no shard or slice"),
    "a slice less": (
        lambda f: f.signs(0, *f.chain(0)[:-1]), "lineage", "lineage", "no shard or slice",
    ),
    "a shard more": (extra_shard, "lineage", "lineage", "no shard or slice"),
    "a shard less": (a_shard_less, "lineage", "lineage", "no shard or slice"),
    "a checkpoint that the retraining never made": (never_made, "lineage", "lineage", "slice"),
    "an empty slice that passes on other bytes": (
        passes_on_others, "lineage", "lineage", "slice",
    ),
    "a slice said to be of another environment": (
        another_environment, "lineage", "lineage", "slice",
    ),
    "another processor than the one that trained": (
        facts_changed(cpu="another"), "holds", "proof", "the ground is named",
    ),
    "another number of threads than trained": (
        facts_changed(threads="7"), "holds", "proof", "the ground is named",
    ),
    "a ground of more texts": (ground_of_another_size, "tokens", "tokens", "the ground is named"),
    "the leaver's text in the ground": (leaver_in_ground, "texts", "texts", None),
    "the leaver's text under another owner": (
        another_owner(lambda who: f"m{who} " + own_words(who)), "texts", "texts", None,
    ),
    "thirteen words of the leaver in a text of somebody else": (
        another_owner(lambda who: f"Yes: {' '.join(own_words(who).split()[:13]).upper()}, so."),
        "texts", "texts", None,
    ),
    "words of the leaver in a text of somebody else, with hyphens that are not seen": (
        another_owner(lambda who: own_words(who).replace("word", "wo\u00ad\u200brd")),
        "texts", "texts", None,
    ),
    "words of the leaver in a text of somebody else, joined and with accents": (
        another_owner(lambda who: own_words(who).replace(" ", "_").replace("word", "wórd")),
        "texts", "texts", None,
    ),
    "the leaver's text in the instruction": (leaver_in_instruction, "texts", "texts", None),
    "the leaver's text under another owner a night later": (
        another_owner_a_night_later, "texts", "texts", None,
    ),
    "a corpus for another purpose": (
        another_purpose, "before", "before", "is named by these texts",
    ),
    "a text that was switched off, by another id": (
        switched_off_again("item", "post-0", item_id="post-again"), "texts", "texts", None,
    ),
    "a text of a category that was switched off, by another category": (
        switched_off_again("category", "post", item_id="art", category="article"),
        "texts", "texts", None,
    ),
    "a checkpoint that it neither kept nor made": (kept_unnamed, "model", "model", "kept or made"),
    "a lineage of another home": (from_another_home, "lineage", "lineage", "the log commits"),
    "a checkpoint that was dropped is back": (
        dropped_is_back, "dropped", "dropped", "what was dropped is gone",
    ),
    "a checkpoint that was to be dropped, is there and is not named": (
        dropped_is_kept, "dropped", "dropped", None,
    ),
    "a list of items that was to be deleted, is there and is not named": (
        items_are_kept, "deleted", "deleted", None,
    ),
    "a model of the corpus before the opt-out, once more": (
        back_to_the_corpus_before, "before", "before", "is named by these texts",
    ),
    "a shard that was false before, and that this forgetting does not touch": (
        false_before, "holds", "proof", None,
    ),
    "a model that nobody trained, which has heard the opt-out before": (
        model_in_between, "holds", "proof", None,
    ),
    "a certificate dated two days before its entry": (dated(2), "ledger", "ledger", "its day"),
    "a certificate dated the day before its corpus": (dated(1), "before", "before", None),
    "a certificate dated after its entry": (dated(-1), "ledger", "ledger", "its day"),
    "requests that it does not name": (nobody_asked, "requests", "requests", None),
    "two who left together, of whom one stayed": (left_together, "holds", "together", None),
    "texts that wait and are not counted": (waits_uncounted, "lineage", "lineage", None),
}  # fmt: skip


def test_the_honest_certificate_holds_everywhere(forger: Forger, tmp_path: Path) -> None:
    path = forger.publishes()
    assert verify(forger.home, path, "--proof", "--all") == "holds"
    assert checked_by_script(forger.home, path, tmp_path / "script") == "holds: and counts them"


@pytest.mark.parametrize("name", KIT)
def test_forgery_is_found_where_the_kit_says(forger: Forger, name: str, tmp_path: Path) -> None:
    forge, step, proof, line = KIT[name]
    path = forge(forger)
    assert verify(forger.home, path) == step
    if proof != step:
        assert verify(forger.home, path, "--proof", "--all") == proof
    last = checked_by_script(forger.home, path, tmp_path / "script")
    assert last.startswith("DOES NOT HOLD" if line else "holds") and (line or "") in last


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("ground", {"documents": -1}),
        ("ground", {"tokens": 1.5}),
        ("ground", {"documents": True}),
        ("ground", {"key": "../../elsewhere"}),
        ("ground", {"environment": {"base": 5}}),
        ("environment", {"threads": 3}),
        ("environment", {"base": None}),
    ],
)
def test_a_lineage_of_other_types_is_damaged(forger: Forger, where: str, change: Json) -> None:
    path, model = forger.publishes(), current(forger.home.model)
    if where == "ground":
        lie = replace(model, ground=replace(model.ground, **change))
        lie = replace(lie, shards={0: (lie.ground,), 1: (lie.ground,)})
    else:
        lie = replace(model, environment={**model.environment, **change})
    publish(ModelStore(forger.home.model), lie, {})
    for command in (["verify", str(path)], ["model", "show"], ["forget", "--dry-run"]):
        done = CliRunner().invoke(cli, [*command, "--home", str(forger.home.root)])
        assert "is damaged" in done.output + str(done.exception), (command, done)


def test_each_forgery_is_found_without_or_with_a_training() -> None:
    assert len(KIT) >= 15
    assert all(proof != "holds" for _, _, proof, _ in KIT.values())
