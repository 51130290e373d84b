"""What is shown of a person, in the bytes that a database keeps of them: JSON."""

import json

from vanne_assist.brief.criteria import Fact, Kind, Passage, Profile


def document_of(profile: Profile) -> bytes:
    """Return a profile as bytes."""
    passages = [
        [each.item_id, each.category, each.text, each.lang or None] for each in profile.passages
    ]
    facts = [
        [f.kind, f.value, f.item_id, *f.span, f.number, f.since, f.until, f.level]
        for f in profile.facts
    ]
    return json.dumps([profile.member_id, passages, facts], ensure_ascii=False).encode()


def read_document(kept: bytes) -> Profile:
    """Return the profile that `document_of` wrote."""
    member, passages, facts = json.loads(kept)
    return Profile(
        member,
        tuple(Passage(*each) for each in passages),
        tuple(
            Fact(Kind(kind), value, item, (start, end), *rest)
            for kind, value, item, start, end, *rest in facts
        ),
    )
