"""Which policy is in force at a time: that of the home, until a published notice replaces it.

    HOME/notices/ID/
    ├─ policy.toml   the new policy, as it was published
    ├─ text.json     what people are told of the change, in every language
    └─ notice.json   when it was published, from when it holds, and where it stands in the ledger

`notice.json` is completed last, with the place of the notice in the ledger. Until then the notice
is not announced and its folder is ignored, so a crash at any point leaves the old policy in force.
Of the notices that have taken effect, the one that was published last holds: a later notice that
takes effect sooner replaces one that still waits.

*As of* is an input, never the clock.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from vanne.config import Home
from vanne.errors import ConfigError, VerificationError, storing
from vanne.policy.load import load
from vanne.policy.policy import Policy

SCHEMA = "vanne/notice/1"


@dataclass(frozen=True, slots=True)
class PublishedNotice:
    """A change of policy that was announced: `entry` is its first place in the ledger."""

    notice: str
    policy: str
    digest: str
    replaces: str
    """The digest of the policy that is in force until then."""
    published_at: datetime
    effective_at: datetime
    text_sha256: str
    entry: int | None

    def as_json(self) -> dict[str, object]:
        """Return what `notice.json` says."""
        times = {name: getattr(self, name).isoformat() for name in ("published_at", "effective_at")}
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {"schema": SCHEMA} | plain | times


def notices(home: Home) -> list[PublishedNotice]:
    """Return every notice that was announced, in the order of being published.

    Raises:
        VerificationError: one cannot be read.
    """
    everything = [read_notice(path) for path in sorted(home.notices.glob("*/notice.json"))]
    return sorted((n for n in everything if n.entry is not None), key=lambda n: n.entry or 0)


def notice_at(home: Home, as_of: datetime) -> PublishedNotice | None:
    """Return the notice whose policy is in force at that time; None before any was."""
    in_force = [each for each in notices(home) if each.effective_at <= as_of]
    return in_force[-1] if in_force else None


def in_force_since(home: Home, as_of: datetime) -> datetime:
    """Return since when the policy of that time is in force; of the first one, when it was written.

    Raises:
        StorageError: it is not there.
    """
    if notice := notice_at(home, as_of):
        return notice.effective_at
    with storing(f"the policy `{home.policy}`"):
        return datetime.fromtimestamp(home.policy.stat().st_mtime, UTC)


def pending(home: Home, as_of: datetime) -> list[PublishedNotice]:
    """Return the notices that will take effect after that time, the soonest first.

    One that a later notice overtakes never does, so it is not among them.
    """
    waiting: list[PublishedNotice] = []
    for each in reversed(notices(home)):
        if each.effective_at <= as_of:
            break
        if not waiting or each.effective_at < waiting[-1].effective_at:
            waiting.append(each)
    return waiting[::-1]


def policy_at(home: Home, as_of: datetime) -> Policy:
    """Return the policy in force at that time.

    Raises:
        ConfigError: `policy.toml` is not there, is wrong, or was changed although a notice
            replaced it: a change after that is announced, too.
        VerificationError: what was published was changed afterwards.
    """
    announced = notices(home)
    base = _load(home.policy)
    if announced and base.digest != announced[0].replaces:
        raise ConfigError(
            f"`{home.policy.name}` is not what the notice `{announced[0].notice}` replaced",
            todo="put it back, and announce a change with `vanne notice publish`",
        )
    in_force = [each for each in announced if each.effective_at <= as_of]
    return policy_of(home, in_force[-1]) if in_force else base


def policy_of(home: Home, notice: PublishedNotice) -> Policy:
    """Return the policy that a notice announced.

    Raises:
        VerificationError: it was changed after it was published.
    """
    policy = _load(home.notices / notice.notice / "policy.toml")
    if policy.digest != notice.digest:
        raise _changed(notice.notice, "policy.toml")
    return policy


def policies(home: Home) -> list[Policy]:
    """Return every policy that was, is or will be in force, the first one first."""
    return [_load(home.policy), *(policy_of(home, each) for each in notices(home))]


def policy_named(home: Home, digest: str) -> Policy | None:
    """Return the policy of that digest, if it ever was in force or was announced."""
    return next((policy for policy in policies(home) if policy.digest == digest), None)


def text_of(home: Home, notice: PublishedNotice) -> dict[str, object]:
    """Return what people are told of the change, as it was when it was published.

    Raises:
        VerificationError: it was changed since.
    """
    with storing(f"the notice `{notice.notice}`"):
        data = (home.notices / notice.notice / "text.json").read_bytes()
    if hashlib.sha256(data).hexdigest() != notice.text_sha256:
        raise _changed(notice.notice, "text.json")
    text: dict[str, object] = json.loads(data)
    return text


def read_notice(path: Path) -> PublishedNotice:
    """Read a `notice.json`, announced or not.

    Raises:
        VerificationError: it is not one.
    """
    with storing(f"the notice `{path.parent.name}`"):
        data = path.read_bytes()
    try:
        fields = json.loads(data)
        if fields.pop("schema") != SCHEMA or fields["notice"] != path.parent.name:
            raise ValueError
        for name in ("published_at", "effective_at"):
            fields[name] = datetime.fromisoformat(fields[name])
        return PublishedNotice(**fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _changed(path.parent.name, "notice.json") from error


def _load(path: Path) -> Policy:
    with storing(f"the policy `{path}`"):
        facts = path.stat()
    return _loaded(str(path), facts.st_mtime_ns, facts.st_size, facts.st_ino)


@lru_cache(maxsize=32)
def _loaded(path: str, changed_ns: int, size_bytes: int, inode: int) -> Policy:
    """Remember a policy for as long as its file does not change: every page asks for it."""
    return load(path)


def _changed(notice: str, name: str) -> VerificationError:
    return VerificationError(
        f"`{name}` of the notice `{notice}` is not what was published", todo="put it back"
    )
