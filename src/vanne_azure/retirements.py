"""When a base model ends at Azure: a warning from a dated list, never a reason to stop.

Microsoft moves these dates: in 2026 that of gpt-4.1 was 14 October 2027, then 14 October 2026, then
14 April 2027. So the list says of which day it is, and calls itself old after a year.
"""

import tomllib
from datetime import date, timedelta
from importlib.resources import files

STALE_AFTER = timedelta(days=365)


def warnings_of(model: str, today: date) -> list[str]:
    """Return what an operator should know about how long a base model will be there.

    >>> warnings_of("gpt-9", date(2026, 11, 26))[0][:36]
    '`gpt-9` is not in the list of retire'
    """
    listed = tomllib.loads((files("vanne_azure") / "retirements.toml").read_text("utf-8"))
    as_of, source = listed["as_of"], listed["source"]
    said = []
    found = [row for row in listed["models"] if _is_of(model, row["name"])]
    for row in found[-1:]:
        said.append(
            f"`{model}`: training {_ends(row['training'], today)}, and its deployments "
            f"{_ends(row['deployment'], today)} (schedule of {as_of})"
        )
    if not found:
        said.append(f"`{model}` is not in the list of retirements of {as_of}: see {source}")
    if today - as_of > STALE_AFTER:
        said.append(f"that list is more than a year old: see {source}")
    return said


def _is_of(model: str, listed: str) -> bool:
    """Say whether a listed model is meant: with its version, or by the name alone.

    >>> _is_of("gpt-4.1", "gpt-4.1-2025-04-14"), _is_of("gpt-4.1", "gpt-4.1-mini-2025-04-14")
    (True, False)
    """
    return model == listed or model == listed[: -len("-2025-04-14")]


def _ends(day: date, today: date) -> str:
    return f"ended on {day}" if day <= today else f"may end from {day} on"
