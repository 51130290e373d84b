"""Change one key of a policy's text, and leave every other letter as it is.

A policy is read by people, with its comments and its order, so that it is not written anew. What is
changed is a line below the header of its table. After each change the text is read again: where
anything else than the key would change, as with a value of several lines, the change is refused.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from vanne.errors import ConfigError
from vanne.policy.policy import FORGET_DAYS
from vanne.terms import MAIN_PURPOSE, Category
from vanne.toml import syntax_error

Value = str | int | date | list[str] | None


def with_key(text: str, table: str, key: str, value: Value, nth: int | None = None) -> str:
    """Return a TOML text in which a key of a table has a value; None takes the key out.

    Of a list of tables `nth` says which, from 0 on. A table that is missing is added at the end.

    Raises:
        ConfigError: the text is no TOML, or the key is written so that this cannot change it.

    >>> print(with_key('[age]\\nminimum = 18  # years', "age", "minimum", 16))
    [age]
    minimum = 16
    """
    name = f"{table}.{key}" if table else key
    refused = ConfigError(f"`{name}` cannot be changed by the form", todo="edit the text")
    wanted = _read(text)
    place: Any = wanted
    try:
        for part in table.split(".") if table else ():
            place = place.setdefault(part, {})
            place = place[nth] if isinstance(place, list) and nth is not None else place
        place.pop(key, None)
        if value is not None:
            place[key] = value
    except (AttributeError, IndexError, TypeError):  # what should be a table is none
        raise refused from None
    lines = text.rstrip("\n").split("\n")
    start, end = _bounds(lines, table, nth)
    if start is None:
        lines += ["", f"[{table}]"]
        start = end = len(lines)
    there = [n for n in range(start, end) if re.match(rf"\s*{re.escape(key)}\s*=", lines[n])]
    new = [] if value is None else [f"{key} = {_written(value)}"]
    at = there[0] if there else start
    lines[at : at + len(there[:1])] = new
    changed = "\n".join(lines) + ("\n" if text.endswith("\n") else "")
    if _read(changed) != wanted:
        raise refused
    return changed


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why = syntax_error(error)
        raise ConfigError(f"not valid TOML: {why}", todo="mend its syntax") from error


def _bounds(lines: list[str], table: str, nth: int | None) -> tuple[int | None, int]:
    """Return where the lines of a table begin and end; the root's lines are the first."""
    headers = [n for n, line in enumerate(lines) if re.match(r"\s*\[", line)]
    if not table:
        return 0, headers[0] if headers else len(lines)
    pattern = re.compile(rf"\s*\[+\s*{re.escape(table)}\s*\]")
    found = [n for n in headers if pattern.match(lines[n])]
    if len(found) <= (nth or 0):
        return None, 0
    start = found[nth or 0]
    return start + 1, next((n for n in headers if n > start), len(lines))


def _written(value: Value) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return value.isoformat() if isinstance(value, date) else str(value)


# The changes that are made most often


class RolloutFields(NamedTuple):
    """What a form shows of a rollout: its regions, its first day and its default."""

    regions: str
    start: str
    default: str


class PolicyFields(NamedTuple):
    """What a form shows of a policy: of its main purpose, else of its first one."""

    purpose: str
    version: str
    minimum: str
    forget_days: str
    announced: str
    days: str
    rollouts: tuple[RolloutFields, ...]
    stands: dict[str, str]
    """Of each kind of data: `listed`, `never` or `none`."""


def fields_of(text: str) -> PolicyFields | None:
    """Return what a form shows of a text; None if it cannot be read."""
    try:
        data = _read(text)
        purposes = data["purposes"]
        purpose = MAIN_PURPOSE if MAIN_PURPOSE in purposes else next(iter(purposes))
        rules = purposes[purpose]
        waiting, objection = rules.get("waiting", {}), rules.get("objection", {})
        return PolicyFields(
            purpose,
            str(data["version"]),
            str(rules["age"]["minimum"]),
            str(objection.get("forget_within_days", FORGET_DAYS)),
            str(waiting.get("announced", "")),
            str(waiting.get("days", "")),
            tuple(
                RolloutFields(", ".join(row["regions"]), str(row["from"]), row["default"])
                for row in rules["rollout"]
            ),
            {
                kind.value: next((n for n in ("listed", "never") if kind in rules[n]), "none")
                for kind in Category
            },
        )
    except (ConfigError, AttributeError, KeyError, StopIteration, TypeError):
        return None


def with_fields(text: str, sent: Mapping[str, str]) -> str:
    """Return a text with what a form says otherwise; what the form leaves out stays.

    Raises:
        ConfigError: a number or a day is none, or the form cannot change the text.
    """
    shown = fields_of(text)
    if shown is None:
        return text
    place = f"purposes.{shown.purpose}"
    if (version := sent.get("version", "").strip()) and version != shown.version:
        text = with_key(text, "", "version", version)
    plain = (
        ("minimum", "age", "minimum", shown.minimum, _number),
        ("forget_days", "objection", "forget_within_days", shown.forget_days, _number),
        ("announced", "waiting", "announced", shown.announced, _day),
        ("days", "waiting", "days", shown.days, _number),
    )
    for name, table, key, before, read in plain:
        if (typed := sent.get(name, "").strip()) and typed != before:
            text = with_key(text, f"{place}.{table}", key, read(name, typed))
    for nth, row in enumerate(shown.rollouts):
        if (start := sent.get(f"from-{nth}", "").strip()) and start != row.start:
            text = with_key(text, f"{place}.rollout", "from", _day("from", start), nth)
        if (default := sent.get(f"default-{nth}", "")) and default != row.default:
            text = with_key(text, f"{place}.rollout", "default", default, nth)
    kind, to = sent.get("kind", ""), sent.get("kind_to", "")
    if kind in shown.stands and to in ("listed", "never", "none") and shown.stands[kind] != to:
        if (before := shown.stands[kind]) != "none":
            text = with_key(text, f"{place}.{before}", kind, None)
        text = text if to == "none" else with_key(text, f"{place}.{to}", kind, [])
    return text


def _number(name: str, typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) < 7):
        raise ConfigError(f"`{name}`: `{typed[:20]}` is no whole number", todo="write one")
    return int(typed)


def _day(name: str, typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise ConfigError(
            f"`{name}`: `{typed[:20]}` is no day", todo="write one such as 2027-03-01"
        ) from None
