"""`./run python benchmarks/audit`: what a model gives away of those in it, never in it, forgotten.

A demo network with canaries is trained and audited; half of the canaries are withdrawn and
forgotten, and the model that forgot is audited. Everything is real: the packaged base model, the
corpus, the ledger, forgetting. People of another demo network are those who never were in.
"""

import json
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import machine
from benchmarks.audit import report
from benchmarks.audit.canaries import Canary, invent
from benchmarks.terminal import places, say
from vanne import corpus
from vanne.config import Home
from vanne.corpus.manifest import load
from vanne.demo.demo import write_network
from vanne.demo.network import make_network, public_texts
from vanne.forget import ForgetRequest, forget
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE, Choice, Member
from vanne.train.fit import fit
from vanne.train.model import current, items_in
from vanne.train.settings import TrainingSettings
from vanne.train.shards import slot
from vanne.train.store import ModelStore
from vanne.train.tokens import read_ground, write_ground
from vanne_audit.auditing import AuditSize, audit, read_texts, sample
from vanne_audit.membership import ModelStanding

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
WITHDRAWN, FORGOTTEN = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    started = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(dir=wish.work) as folder:
        audits = run(Home(Path(folder) / "home"), wish)
    spent = time.perf_counter() - started[0], time.process_time() - started[1]
    found = {
        "schema": "vanne-benchmark/audit/1",
        "command": machine.command("audit", sys.argv[1:]),
        "machine": machine.about(),
        "seconds": round(spent[0]),
        "cpu_seconds": round(spent[1]),
        "members": wish.members,
        "canaries": wish.canaries,
        "settings": settings_of(wish).as_dict(),
        "audits": audits,
    }
    wish.results.mkdir(parents=True, exist_ok=True)
    path = wish.results / f"audit-{wish.members}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    report.write(wish.results, wish.page, wish.charts)


def run(home: Home, wish: Namespace) -> list[dict[str, Any]]:
    """Train, audit, forget, audit again."""
    made = make_network(wish.seed, wish.members, AS_OF)
    salt, settings = ModelStore(home.model).salt(), settings_of(wish)
    canaries = invent(wish.canaries, wish.canaries // 2, wish.records, settings, salt, wish.seed)
    planted = [canary for canary in canaries if canary.planted]
    like = next(item for item in made.items if item.category == "post" and item.text)
    items = [
        replace(like, item_id=canary.item_id(n), owner=canary.id, lang="en", text=text)
        for canary in planted
        for n, text in enumerate(canary.records)
    ]
    members = [Member(canary.id, "CH", date(1970, 1, 1)) for canary in planted]
    write_network(home, [*made.members, *members], [*made.items, *items])
    with Ledger.create(home) as ledger:
        ledger.append([*made.choices, *(choice(canary, True, AS_OF) for canary in planted)])
    write_ground(home.ground, public_texts(wish.seed, wish.ground))
    manifest = corpus.build(home, AS_OF)
    say(f"{manifest.documents} documents")
    fit(
        corpus.read(home, manifest),
        home.model,
        settings_of(wish),
        corpus_version=manifest.version,
        ground=read_ground(home.ground),
        progress=_progress,
    )
    strangers = home.root / "never.jsonl"
    other = make_network(wish.seed + 1000, wish.members, AS_OF)
    lines = (json.dumps({"owner": i.owner, "text": i.text}) for i in other.items if i.text)
    strangers.write_text("\n".join(lines) + "\n")
    before = audited(home, wish, strangers, canaries)
    canaries[: len(planted) : 2] = [replace(canary, left=True) for canary in planted[::2]]
    with Ledger.of(home) as ledger:
        ledger.append([choice(canary, False, WITHDRAWN) for canary in planted[::2]])
    after = corpus.refresh(home, FORGOTTEN)
    forget(
        corpus.read(home, after),
        home.model,
        ForgetRequest(manifest.version, after.version, lambda: FORGOTTEN),
        ground=read_ground(home.ground),
        progress=_progress,
    )
    return [before, audited(home, wish, strangers, canaries)]


def choice(canary: Canary, on: bool, at: datetime) -> Choice:
    """Return a canary's opt-in or opt-out."""
    return Choice(canary.id, MAIN_PURPOSE, "all", on, at)


def audited(home: Home, wish: Namespace, strangers: Path, canaries: list[Canary]) -> dict[str, Any]:
    """Audit the current model; canaries are a group of their own."""
    model = current(home.model)
    size = AuditSize(people=wish.people, items=3)
    held, salt = items_in(home.model, model), ModelStore(home.model).salt()
    besides, settings = {canary.id for canary in canaries}, model.settings
    documents = corpus.read(home, load(home, model.corpus_version))
    inside = (
        (each, held[each.item_id])
        for each in documents
        if each.item_id in held and each.owner not in besides
    )
    outside = ((each, slot(each.owner, salt, settings)) for each in read_texts(strangers))
    groups = {
        "members": [
            *sample(inside, ModelStanding.IN, size, salt, settings.shards),
            *sample(outside, ModelStanding.NEVER, size, salt, settings.shards),
        ],
        "canaries": [canary.as_person(held, salt, settings) for canary in canaries],
    }
    found = audit(home.model, model, groups, size, _progress)
    say(f"audited in {found['seconds']} s")
    return found


def settings_of(wish: Namespace) -> TrainingSettings:
    """Return how the model is trained."""
    return TrainingSettings(
        shards=wish.shards, slices=2, epochs=wish.epochs, seed=wish.seed, base=wish.base
    )


def _progress(done: int, total: int, label: str, /) -> None:
    if sys.stderr.isatty():
        print(f"\r{label}: {done:,} of {total:,} ", end="", file=sys.stderr, flush=True)


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/audit", description=__doc__)
    add = parser.add_argument
    add("--members", type=int, default=60)
    add("--canaries", type=int, default=16, help="how many are planted; half as many never are")
    add("--records", type=int, default=4, help="items of each canary")
    add("--shards", type=int, default=4)
    add("--epochs", type=int, default=2)
    add("--ground", type=int, default=100, help="texts of the shared start")
    add("--people", type=int, default=80, help="how many of each standing are tried")
    add("--base", help="another base model (default: the packaged one)")
    add("--seed", type=int, default=0)
    places(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
