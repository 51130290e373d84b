"""What a member is told of the searches that showed them (AI Act, article 86; GDPR, article 15).

When, at which place, by which criteria, with which parts of the score; how many looked, from how
many organisations, in which roles. No name and no account of a recruiter, and no brief: it is the
recruiter's, and may speak of others.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from vanne_assist.fairness.record import Search, SearchLog


def explanation(log: SearchLog, member_id: str, at: datetime) -> dict[str, Any]:
    """Return the document for a member: which searches showed them, and why."""
    searches = list(log.searches(showing=member_id))
    return {
        "schema": "vanne/search-explanation/1",
        "member": member_id,
        "at": at.isoformat(),
        "looked": {
            "searches": len(searches),
            "accounts": len({search.by for search in searches}),
            "organisations": len({s.organisation for s in searches if s.organisation}),
            "roles": dict(sorted(Counter(search.role for search in searches).items())),
        },
        "criteria": _counted(search for search in searches),
        "searches": [_shown(search) for search in searches],
    }


def _counted(searches: Any) -> list[dict[str, Any]]:
    """Count by which criteria they were found, the most frequent first."""
    counts = Counter(said for search in searches for hit in search.hits for said in hit.met)
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return [{"criterion": said, "searches": count} for said, count in ordered]


def _shown(search: Search) -> dict[str, Any]:
    hit = search.hits[0]
    return {
        "id": search.id,
        "day": search.at.date().isoformat(),
        "place": hit.place,
        "place_before_reranking": hit.place_before,
        "of": search.eligible,
        "met": list(hit.met),
        "asked": [_said(criterion) for criterion in search.criteria],
        "parts": dict(hit.parts),
        "reranked_under": search.rule,
        "index": search.index,
        "encoder": search.encoder,
    }


def _said(criterion: Any) -> str:
    return str(criterion.get("said", ""))
