"""Criteria as JSON: in the record of searches, in saved briefs and in the API.

>>> row = criteria_json([Criterion(Kind.PLACE, "2659994", "Lausanne", within_km=30.0)])[0]
>>> row["kind"], row["force"], row["within_km"]
('place', 'must', 30.0)
>>> criteria_from([row])[0].said
'Lausanne'
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from vanne_assist.brief.criteria import Criterion, Kind


def criteria_json(criteria: Iterable[Criterion]) -> list[dict[str, Any]]:
    """Write criteria, without what they leave open."""
    return [
        {key: value for key, value in asdict(criterion).items() if value is not None}
        | {"kind": criterion.kind.value}
        for criterion in criteria
    ]


def criteria_from(rows: Iterable[Mapping[str, Any]]) -> tuple[Criterion, ...]:
    """Read what `criteria_json` wrote."""
    return tuple(_criterion(row) for row in rows)


def _criterion(row: Mapping[str, Any]) -> Criterion:
    values = dict(row) | {"kind": Kind(row["kind"])}
    if row.get("span") is not None:
        start, end = row["span"]
        values["span"] = (int(start), int(end))
    return Criterion(**values)
