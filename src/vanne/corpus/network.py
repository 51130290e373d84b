"""Begin a network: its members, its policy and a ledger that says which one, in a new home."""

import os
from datetime import datetime

from vanne.config import Home
from vanne.corpus.building import locked
from vanne.decide.states import register_of
from vanne.errors import RefusedError, storing
from vanne.files import sync, write_whole
from vanne.ledger import Ledger
from vanne.policy import Policy
from vanne.policy.load import parse, text_of
from vanne.sources.batches import member_batches
from vanne.sources.tables import write_plain_members
from vanne.terms import PolicyInForce


def init(home: Home, policy: str, members: str, at: datetime) -> int:
    """Make a home of a policy and a table of members; return the number of members.

    The first entry of the ledger says that the policy is in force from that time on.

    The members are written last: with them the network is there, and without them this may be run
    again.

    Raises:
        RefusedError: there is a network already, or another policy.
        ConfigError: the policy is wrong.
        InputError: the members cannot be read, or one is listed twice.
    """
    if home.members.exists():
        raise RefusedError(
            f"`{home.root}` holds a network already",
            todo="name another folder with --home, or `vanne corpus members` to replace those",
        )
    text = text_of(policy)
    read = parse(text, file=policy)
    if home.policy.exists() and home.policy.read_bytes() != text.encode():
        raise RefusedError(
            f"`{home.policy}` is there and is another policy",
            todo="name it with --policy, or take it away",
        )
    refuse_repeated(members)
    write_whole(home.policy, text.encode())
    with Ledger.of(home) as ledger:
        if not ledger.size:  # else an earlier run was cut short after this
            ledger.append([in_force(read, at)])
    return put_members(home, members)


def in_force(policy: Policy, at: datetime) -> PolicyInForce:
    """Return the entry with which a network's ledger begins: which policy holds from now on."""
    return PolicyInForce(policy.name, policy.version, policy.digest, at, at)


def refuse_repeated(members: str) -> None:
    """Read a table of members, and do nothing with it.

    Raises:
        InputError: it cannot be read, or lists a member twice.
    """
    register_of(member_batches(members))


def put_members(home: Home, source: str) -> int:
    """Put a table of members in the place of the one that is there; return their number.

    The corpus hears of it at the next build or refresh.

    Raises:
        InputError: it cannot be read, or a member is listed twice. The old one stays then.
    """
    partial = home.root / f".members-{os.getpid()}.parquet"
    with locked(home), storing(f"`{home.members.name}`"):
        try:
            count = write_plain_members(member_batches(source), partial)
            refuse_repeated(str(partial))
            sync(partial)
            partial.replace(home.members)
            sync(home.root)
        finally:
            partial.unlink(missing_ok=True)
    return count
