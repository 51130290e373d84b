"""The document of an inspection: what `vanne inspect --json` prints, and the page gives as a file.

Always true: rows = items + listed, in each file and in total. See docs/reference/inspect.md.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from vanne.report.evaluate import Decided, most_telling_first
from vanne.report.inspected_items import ItemFilter
from vanne.report.inspection import Inspection
from vanne.report.inspection_words import advice
from vanne.report.states import STATES, said
from vanne.sources.reading import ListedRow
from vanne.terms import REASONS, Category, Reason
from vanne.words import Message

SCHEMA = "vanne/inspect/1"


def document(inspection: Inspection, wanted: ItemFilter | None) -> dict[str, Any]:
    """Return what `vanne inspect --json` prints; everywhere rows = items + listed.

    It also holds the items that are `wanted`.
    """
    items, rows, judged = inspection.item_count, inspection.reading.rows, inspection.evaluation
    return {
        "schema": SCHEMA,
        "policy": inspection.policy.named(),
        "as_of": inspection.as_of.isoformat(),
        "member": {
            "region": inspection.member.region,
            "region_from": inspection.region_from,
            "age": inspection.age.source,
            "age_state": inspection.age.state,
            "age_signs": [
                {
                    "sign": sign.sign,
                    "says": sign.says,
                    "network": sign.network,
                    "day": sign.day and sign.day.isoformat(),
                }
                for sign in inspection.age.evidence
            ],
        },
        "audience": inspection.audience,
        "audience_unknown": inspection.audience_unknown,
        "files": [
            {
                "archive": file.archive,
                "path": file.path,
                "reader": file.reader,
                "rows": file.rows,
                "items": file.item_count,
                "listed": _LazyRows(partial(_listed, file.listed), len(file.listed)),
            }
            for file in inspection.reading.files
        ],
        "verdicts": _verdicts(inspection.counts),
        "states": _states(inspection),
        "totals": {
            "rows": rows,
            "items": items,
            "listed": rows - items,
            "allowed": inspection.allowed,
        },
        "tagged_fields": [
            {"category": category, "field": name, "tag": tag, "count": n}
            for (category, name, tag), n in sorted(judged.tagged_fields.items())
        ],
        "networks": [
            {
                "network": part.network,
                "policy": part.policy.named(),
                "items": part.items,
                "allowed": part.allowed,
                "verdicts": _verdicts(part.counts),
                "uncertain": [
                    {"category": category, "why": why} for category, why in part.doubts.items()
                ],
                "region_uncertain": str(part.doubt) if part.unsure else None,
                "archive_day": str(day)
                if (day := inspection.archive_days.get(part.network))
                else None,
                "in_texts": [
                    {"kind": kind, "count": n}
                    for kind, n in most_telling_first(part.in_texts).items()
                ],
            }
            for part in inspection.networks
        ],
        "warnings": [str(note) for note in inspection.notes],
        "notes": [note.document() for note in inspection.notes],
        "todo": [asdict(step) for step in advice(inspection)],
        **({"items": _item_rows(inspection, wanted)} if wanted else {}),
    }


def _item_rows(inspection: Inspection, wanted: ItemFilter) -> list[dict[str, Any]]:
    """Say what each network says of each item that is wanted, with where it says so."""
    items = inspection.search(wanted)
    return _LazyRows(partial(map, _item_row, items), len(items))


def _states(inspection: Inspection) -> list[dict[str, Any]]:
    """Count what each network says of which items, with where it says so."""
    rows: list[dict[str, Any]] = [
        {
            "network": part.network,
            "category": category,
            "count": count,
            **said(part.policy, each),
        }
        for part in inspection.networks
        for (category, each), count in sorted(
            part.states.items(), key=lambda row: (STATES.index(row[0][1].state), row[0][0])
        )
    ]
    if inspection.unread:
        row = {"network": None, "category": None, "state": "not-known", "reason": "unread"}
        rows.append({**row, "count": inspection.unread, "sources": [], "uncertain": None})
    return rows


class _LazyRows(list[dict[str, Any]]):
    """Rows of the document that are made one by one when they are written: of millions too."""

    def __init__(self, rows: Callable[[], Iterator[dict[str, Any]]], count: int) -> None:
        super().__init__()
        self._rows, self._count = rows, count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield each row."""
        return self._rows()

    def __len__(self) -> int:
        """Return how many there are."""
        return self._count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and list(self) == other

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        return list(self)[at]


def _item_row(each: Decided) -> dict[str, Any]:
    """Return an item in the form of the document."""
    return {
        "item_id": each.item.item_id,
        "network": each.network,
        "category": each.item.category,
        "created_at": each.at and each.at.isoformat(),
        **said(each.policy, each.state),
        "text": each.item.text,
        "media": each.item.media,
        "source": each.item.source,
    }


def _listed(rows: Sequence[ListedRow]) -> Iterator[dict[str, Any]]:
    """Yield the listed rows of a file in the form of the document."""
    reasons: dict[Message, dict[str, Any]] = {}
    for row in rows:
        reason = reasons.get(row.reason)
        if reason is None:
            reason = {"reason": str(row.reason), **row.reason.document()}
            reasons[row.reason] = reason
        yield {"row": row.row, **reason}


def _verdicts(counts: Counter[tuple[str, Reason]]) -> list[dict[str, Any]]:
    """Count by category and reason, in the order of the closed lists."""
    order = {category.value: at for at, category in enumerate(Category)}
    rows = sorted(
        counts.items(), key=lambda row: (order.get(row[0][0], len(order)), REASONS.index(row[0][1]))
    )
    return [
        {"category": category, "reason": reason.value, "count": count}
        for (category, reason), count in rows
    ]
