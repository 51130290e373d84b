"""Run the demonstration: decide, build, train and forget on a made-up network, all measured.

The steps: build a network (a person's own archive can be one of its members), decide every item,
build the corpus and train, all as of a week ago. Then a week of opt-outs passes: each night the
model is trained again without those who left on its day, and then replaced. Last, another process
trains in an empty store without them, and its model has the same bytes.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from shutil import rmtree
from time import perf_counter
from typing import Any

from vanne import corpus
from vanne.config import Home
from vanne.corpus import Manifest
from vanne.corpus.contract import members_table
from vanne.corpus.intake import in_force, never_used
from vanne.demo.network import demo_policy, held_out_texts, make_network, policy_text, public_texts
from vanne.demo.people import Space
from vanne.errors import InputError, RefusedError, storing
from vanne.files import write_whole
from vanne.forget import verify_certificate
from vanne.forget.backlog import Backlog, find_backlog, forget_backlog, tokens_from
from vanne.forget.certificate import Certificate, Cost
from vanne.forget.history import register
from vanne.forget.proof import never_trained
from vanne.ledger import Ledger, verify_receipt
from vanne.messages import tell as tell_members
from vanne.plugins import Tell, hooks
from vanne.report.inspection import inspect
from vanne.settings import FILE as SETTINGS
from vanne.sources import OWNER
from vanne.sources.tables import read_items, read_members, write_items, write_members
from vanne.terms import MAIN_PURPOSE, Channel, Choice, Item, Member, MemberId
from vanne.train.ensemble import base_loss, load_ensemble
from vanne.train.fit import fit
from vanne.train.model import Model, current, items_in, salt_of
from vanne.train.settings import TrainingSettings
from vanne.train.shards import Slot
from vanne.train.store import ModelStore
from vanne.train.tokens import read_ground, write_ground
from vanne.worker import recorded

MARK = "made-by-vanne-demo"
NAME = "Rhône"
GROUND_TEXTS = 75
HELD_OUT_TEXTS = 40
"""At most: a small network gets two public texts and one measured text a member, or it would
spend most of its time on what is nobody's."""
DAY, WEEK = timedelta(days=1), timedelta(days=7)
WEEKDAYS, FEW_LEAVE = (2, 5, 5), 16
"""The days on which somebody leaves before the last one, and that one of so many members may."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the demo is asked for: the same options give the same network and verdicts."""

    seed: int
    members: int
    as_of: datetime
    archives: tuple[Path, ...] = ()
    region: str | None = None
    birth_date: date | None = None
    space: Space = "network"


def run(home: Home, options: DemoOptions, tell: Tell) -> dict[str, Any]:
    """Do it all in `home`, which is made anew; return the summary (`vanne/demo/1`).

    Raises:
        RefusedError: `home` is there and was not made by a demo.
    """
    started, begin = perf_counter(), options.as_of - WEEK
    with made_anew(home) as new:
        summary, manifest = make_home(new, replace(options, as_of=begin), tell)
        model, training = train_model(new, options, manifest, tell, begin)
        member = typical_member(new, model, prefer=OWNER if options.archives else None)
        week = [*nights(new, model, member, begin, tell)]
        receipt = opt_out(new, member, options.as_of - DAY / 2, tell)
        forgetting = forget_member(new, member, options.as_of, tell)
    seconds = round(perf_counter() - started, 1)
    proved: dict[str, Any] = {"training": training, "week": week, "forgetting": forgetting}
    proved["receipt"] = receipt
    return summary | proved | {"seconds": seconds}


def run_without_model(home: Home, options: DemoOptions, tell: Tell) -> dict[str, Any]:
    """Do what needs no model in `home`, which is made anew: network, corpus, search.

    Raises:
        RefusedError: `home` is there and was not made by a demo.
    """
    with made_anew(home) as new:
        return make_home(new, options, tell)[0]


def make_home(home: Home, options: DemoOptions, tell: Tell) -> tuple[dict[str, Any], Manifest]:
    """Make the network, decide every item, let the plug-ins prepare; return the summary so far."""
    started = perf_counter()
    network = build_network(home, options, tell)
    tell.step("Deciding every item")
    manifest = corpus.build(home, options.as_of)
    allowed, total = manifest.counts.get("allowed", 0), sum(manifest.counts.values())
    tell.found("%(allowed)s of %(total)s items may be used; each other one has its reason",
               allowed=allowed, total=total)  # fmt: skip
    hooks().demo_step(home=home, seed=options.seed, as_of=options.as_of, tell=tell)
    summary = {
        "schema": "vanne/demo/1",
        "seed": options.seed,
        "as_of": options.as_of.isoformat(),
        "policy": {"name": manifest.policy_name, "digest": manifest.policy},
        "network": network,
        "verdicts": [
            {"reason": reason, "count": count}
            for reason, count in sorted(manifest.counts.items(), key=lambda row: (-row[1], row[0]))
        ],
        "corpus": {"version": manifest.version, "documents": manifest.documents},
        "seconds": round(perf_counter() - started, 1),
    }
    return summary, manifest


# A network


def build_network(home: Home, options: DemoOptions, tell: Tell) -> dict[str, int]:
    """Write the members' data, the policy in force and what was chosen into an empty home."""
    tell.step("Making a network of %(members)s members", members=options.members)
    network = make_network(options.seed, options.members, options.as_of, home.media, options.space)
    members, items = list(network.members), list(network.items)
    policy = demo_policy()
    if options.archives:
        inspection = inspect(
            options.archives,
            region=options.region,
            as_of=options.as_of,
            policy=policy,
            birth_date=options.birth_date,
        )
        members.append(inspection.member)
        items.extend(each.item for each in inspection.decided)
        own = len(inspection.decided)
        tell.found("your archive is in it as one member: %(items)s items", items=own)
    write_network(home, members, items)
    with Ledger.create(home) as ledger:
        since = min((choice.at for choice in network.choices), default=options.as_of)
        ledger.append([in_force(policy, since), *network.choices])
    ground = min(GROUND_TEXTS, 2 * options.members)
    write_ground(home.ground, public_texts(options.seed, ground))
    counts = {"members": len(members), "items": len(items), "choices": len(network.choices)}
    tell.found("%(members)s members, %(items)s items, %(choices)s choices", **counts)
    return counts


def write_network(home: Home, members: Sequence[Member], items: Sequence[Item]) -> None:
    """Write tables clustered by member; what no purpose ever uses goes into a file of its own."""
    never = never_used([demo_policy()])
    clustered = sorted(items, key=lambda item: (item.owner or "", item.item_id))
    write_items((i for i in clustered if i.category not in never), home.items / "items.parquet")
    write_items((i for i in clustered if i.category in never), home.items / "never-items.parquet")
    write_members(members, home.members)
    write_whole(home.policy, policy_text().encode())
    # who tries it out waits for no night
    settings = f'network_name = "{NAME}"\ntrain_soon_seconds = 600\n'
    write_whole(home.root / SETTINGS, settings.encode())


# A model


def train_model(
    home: Home, options: DemoOptions, manifest: Manifest, tell: Tell, at: datetime
) -> tuple[Model, dict[str, Any]]:
    """Train the adapters, and measure the loss on texts of people who are in no network."""
    settings = TrainingSettings(seed=options.seed)
    tell.step("Training %(shards)s shards of %(slices)s slices on %(documents)s documents",
              shards=settings.shards, slices=settings.slices,
              documents=manifest.documents)  # fmt: skip
    model = fit(
        corpus.read(home, manifest),
        home.model,
        settings,
        corpus_version=manifest.version,
        ground=read_ground(home.ground),
        progress=tell.progress,
        at=at,
    )
    register(home, lambda: at)
    tell.step("Measuring what it has learnt on texts that it has not seen")
    texts = held_out_texts(options.seed, min(HELD_OUT_TEXTS, options.members))
    before, after = base_loss(settings, texts), load_ensemble(home.model, model).loss(texts)
    tell.found("loss %(before).2f before, %(after).2f after (nats per token)",
               before=before, after=after)  # fmt: skip
    return model, {
        "shards": settings.shards,
        "slices": settings.slices,
        "tokens": model.tokens_total,
        "seconds": round(model.seconds_total, 1),
        "seconds_ground": round(model.ground.seconds, 1),
        "loss_before": round(before, 4),
        "loss_after": round(after, 4),
        "model": model.version,
    }


# A week of opt-outs


def nights(
    home: Home, model: Model, last: MemberId, begin: datetime, tell: Tell
) -> Iterator[dict[str, Any]]:
    """Let some members opt out in the days of a week; yield what each night then did."""
    leavers = leavers_of_a_week(home, model, last)
    if leavers:
        tell.step("A week of opt-outs: each night trains without who left, then replaces the model")
    for day, members in leavers.items():
        at = begin + day * DAY
        with Ledger.of(home) as ledger:
            ledger.append([_off(member, at - DAY / 2) for member in members])
        _, done = _forget(home, find_backlog(home, at), at, tell)
        tell.found("night %(day)s: %(n)s left, %(share).0f %% of a full training",
                   day=day, n=len(members), share=100 * done.share)  # fmt: skip
        yield {"day": day, "members": members, "share_of_full": round(done.share, 4)}


def leavers_of_a_week(home: Home, model: Model, last: MemberId) -> dict[int, list[MemberId]]:
    """Return who opts out on which day: few of many, and of those whom it costs least to forget."""
    slots, cost = slots_of_members(home, model), partial(tokens_from, sizes=model.slot_tokens)
    others = sorted(slots.keys() - {last}, key=lambda each: (cost(slots[each]), each))
    days: dict[int, list[MemberId]] = {}
    for day, member in zip(WEEKDAYS, others[: len(others) // FEW_LEAVE], strict=False):
        days.setdefault(day, []).append(member)
    return days


def _off(member: MemberId, at: datetime) -> Choice:
    return Choice(member, MAIN_PURPOSE, "all", False, at, channel=Channel.DEMO)


def _forget(home: Home, work: Backlog, at: datetime, tell: Tell) -> tuple[Certificate, Cost]:
    """Train again what the leavers were in, replace the model, and tell them."""
    with recorded(home, "forget", lambda: at) as facts:
        done = forget_backlog(home, work, lambda: at, tell.progress)
        assert done.cost is not None
        facts |= {"corpus": done.corpus_after, "certificate": done.id}
        facts |= {"requests": len(work.requests)}
    tell_members(home, at)
    return done, done.cost


def opt_out(home: Home, member: MemberId, at: datetime, tell: Tell) -> dict[str, Any]:
    """Let one member switch off, and check their receipt without the ledger's help."""
    tell.step("One member opts out")
    with Ledger.of(home) as ledger:
        (index,) = ledger.append([_off(member, at)])
        receipt, last = ledger.receipt(index), ledger.history(member)[-1]
    verified = verify_receipt(receipt)
    tell.found("member %(member)s is off; receipt %(index)s verifies", member=member, index=index)
    return {"index": index, "verified": last == (index, verified.choice)}


def forget_member(home: Home, member: MemberId, at: datetime, tell: Tell) -> dict[str, Any]:
    """Train again what held them, replace the model, and prove that nothing of them is left."""
    work = find_backlog(home, at)
    tell.step("Forgetting them: only the slices that held them are trained again")
    certificate, cost = _forget(home, work, at, tell)
    verify_certificate(certificate, home.model)
    tell.found("%(share).0f %% of a full training: %(seconds).0f s instead of %(full).0f s",
               share=100 * cost.share, seconds=cost.seconds,
               full=cost.seconds_full)  # fmt: skip
    tell.step("Proving it: the same shards, trained from nothing by another process without them")
    started = perf_counter()
    apart = never_trained(
        work.documents,
        work.model.settings,
        ground=read_ground(home.ground),
        salt=salt_of(ModelStore(home.model)),
        shards=certificate.changed,
        corpus_version=certificate.corpus_after,
        progress=tell.progress,
        folder=home.model,
    )
    ours = {shard: current(home.model).digests[shard] for shard in sorted(certificate.changed)}
    for shard, digest in ours.items():
        tell.found("shard %(shard)s forgotten     %(digest)s", shard=shard, digest=digest)
        tell.found("shard %(shard)s never trained %(digest)s", shard=shard, digest=apart[shard])
    return {
        "member": member,
        "shards": sorted(certificate.changed),
        "retrained_tokens": cost.tokens,
        "share_of_full": round(cost.share, 4),
        "seconds": round(cost.seconds, 1),
        "seconds_full": round(cost.seconds_full, 1),
        "certificate": certificate.id,
        "identical_to_never_trained": bool(ours) and apart == ours,
        "digests": {
            "forgotten": {str(shard): digest for shard, digest in ours.items()},
            "never_trained": {str(shard): digest for shard, digest in apart.items()},
        },
        "proof_seconds": round(perf_counter() - started, 1),
    }


# The folder


@contextmanager
def made_anew(home: Home) -> Iterator[Home]:
    """Build beside `home` and put it in its place when all is done; until then the old stays.

    Raises:
        RefusedError: `home` is there and was not made by a demo.
    """
    root = home.root.resolve()
    if root.exists() and any(root.iterdir()) and not (root / MARK).exists():
        raise RefusedError(
            f"`{home.root}` is not empty and was not made by a demo",
            todo="name another with --home",
        )
    building, old = (root.with_name(f".{root.name}.{part}") for part in ("building", "old"))
    with storing(f"`{building}`"):
        if old.exists() and not root.exists():
            old.rename(root)  # a run was killed between the two renames below
        for leftover in (building, old):
            rmtree(leftover, ignore_errors=True)
        building.mkdir(mode=0o700, parents=True)
    try:
        yield Home(building)
        with storing(f"`{root}`"):
            (building / MARK).touch()
            if root.exists():
                root.rename(old)
            building.rename(root)
    except BaseException:
        if old.exists() and not root.exists():
            old.rename(root)
        raise
    finally:
        for leftover in (building, old):
            rmtree(leftover, ignore_errors=True)


def typical_member(home: Home, model: Model, prefer: MemberId | None = None) -> MemberId:
    """Return the member of median cost to forget, or the preferred one if the model holds them.

    Raises:
        InputError: the model holds nobody.
    """
    slots = slots_of_members(home, model)
    if prefer in slots:
        return prefer
    if not slots:
        raise InputError(
            "the model holds nobody's items", todo="make the network larger: --members"
        )
    costs = sorted((tokens_from(slots[member], model.slot_tokens), member) for member in slots)
    return costs[len(costs) // 2][1]


def slots_of_members(home: Home, model: Model) -> dict[MemberId, set[Slot]]:
    """Return for each member the slices that hold an item which their opt-out would take out."""
    places = items_in(home.model, model)
    members = {member.member_id for member in read_members(str(members_table(home)))}
    slots: defaultdict[MemberId, set[Slot]] = defaultdict(set)
    for item in read_items(str(home.items / "items.parquet"), with_text=False):
        if item.item_id in places:
            # An opt-out of the owner, the author or a subject takes the item out.
            for person in members & {item.owner, item.author, *item.subjects}:
                slots[person].add(places[item.item_id])
    return dict(slots)
