"""Begin a network: its members, its policy and a ledger that says which one, in a new home."""

import os
from dataclasses import replace
from datetime import datetime

from vanne.config import Home
from vanne.corpus import contract as contracts
from vanne.corpus.building import locked
from vanne.corpus.contract import Accepting
from vanne.decide.member_columns import member_table
from vanne.errors import RefusedError, storing
from vanne.files import PRIVATE, sha256_of, sync, write_whole
from vanne.ledger import Ledger
from vanne.policy import Policy
from vanne.policy.load import parse, text_of
from vanne.sources.batches import member_batches
from vanne.sources.scan import shape_of
from vanne.sources.schema import MEMBERS
from vanne.sources.tables import write_plain_members
from vanne.terms import PolicyInForce


def init(
    home: Home, policy: str, members: str, at: datetime, *, accept_schema: bool = False
) -> int:
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
            todo="name another --home, or replace them with `vanne corpus add --members`",
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
    return put_members(home, members, Accepting(at, schema=accept_schema))


def in_force(policy: Policy, at: datetime) -> PolicyInForce:
    """Return the entry with which a network's ledger begins: which policy holds from now on."""
    return PolicyInForce(policy.name, policy.version, policy.digest, at, at)


def refuse_repeated(members: str) -> None:
    """Read a table of members, and do nothing with it.

    Raises:
        InputError: it cannot be read, or lists a member twice.
    """
    member_table(member_batches(members))


def put_members(
    home: Home, source: str, accepting: Accepting | None = None, *, is_ours: bool = False
) -> int:
    """Put a table of members in the place of the one that is there; return their number.

    The corpus hears of it at the next build or refresh. The home pins the table by its checksum.
    One that `is_ours` was made from the table that is there: its shape is not looked at.

    Raises:
        InputError: it cannot be read, a member is listed twice, or its shape is not that of the
            tables before it (unless accepted). The old one stays then.
    """
    partial = home.root / f".members-{os.getpid()}.parquet"
    with locked(home), storing(f"`{home.members.name}`"):
        try:
            count = write_plain_members(member_batches(source), partial)
            refuse_repeated(str(partial))
            contract = contracts.load(home, accepting)
            if not is_ours:
                shape = shape_of(source, MEMBERS, "members")
                plain = shape_of(str(partial), MEMBERS, "members")
                contract = contracts.held_members(contract, source, shape, plain, accepting)
            partial.chmod(PRIVATE)
            sync(partial)
            # A crash at any point leaves a table that is pinned.
            new = sha256_of(partial)
            both = (*contract.members_sha256[-1:], new)
            contracts.save(home, replace(contract, members_sha256=both))
            partial.replace(home.members)
            sync(home.root)
            contracts.save(home, replace(contract, members_sha256=(new,)))
        finally:
            partial.unlink(missing_ok=True)
    return count
