"""The country and the age of an archive's owner, with the evidence for each.

An age has one of three states: `adult`, `minor` or `unknown`. A birth date with its year, given or
in a file, decides the state. A secondary school that the member attends now means `minor`; it
outweighs a profile's birth date, as it does in every verdict. The age of an account can only prove
`adult`: where the policy of the network declares an age at which accounts begin (`age.account`),
and that age plus the years since reaches the minimum age.

Most archives hold no birth year, but the network knows it. So a member of unknown age is *judged*
as an adult, and the report states that the age is unknown: see
docs/adr/0001-unknown-age-in-an-archive.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from vanne.decide.people import birthday
from vanne.errors import InputError, did_you_mean
from vanne.places import locate
from vanne.policy import Policy
from vanne.sources import MemberFacts
from vanne.terms import GROUPS, MAIN_PURPOSE, REGIONS
from vanne.words import Message

SECONDARY_SCHOOL = "secondary-school"
_EVER = date.min

AgeFrom = Literal[
    "given", "profile", "verified-year", "school-sign", "account-age", "assumed-adult"
]
AgeState = Literal["adult", "minor", "unknown"]


@dataclass(frozen=True, slots=True)
class AgeSign:
    """Something that bears on an age, and what it says: `nothing` if it proves neither.

    `joined` and `oldest-item` are of a network, and of a `day`; `begins_at` is the age at which its
    policy says that accounts begin.
    """

    sign: Literal["birth-date", "secondary-school", "joined", "oldest-item"]
    says: Literal["adult", "minor", "nothing"]
    network: str | None = None
    day: date | None = None
    begins_at: int | None = None


@dataclass(frozen=True, slots=True)
class Age:
    """An age: where it comes from, how it is judged (`birth_date`, `signs`), on what evidence."""

    source: AgeFrom
    birth_date: date | None
    signs: tuple[str, ...] = ()
    state: AgeState = "unknown"
    evidence: tuple[AgeSign, ...] = ()


def age_of(facts: MemberFacts, birth_date: date | None, today: date) -> Age:
    """Return the age by what is known before anything is judged; its state is not yet told."""
    stated, year = facts.birth_date, facts.birth_year
    attends = any(school.is_attended(today) for school in facts.schools)
    if birth_date is not None:
        return Age("given", birth_date)
    if stated is not None and (year is None or year <= stated.year):
        signs = (SECONDARY_SCHOOL,) if attends else ()
        return Age("school-sign" if attends else "profile", stated, signs)
    if year is not None:
        return Age("verified-year", date(year, 12, 31))
    return Age("school-sign", None, (SECONDARY_SCHOOL,)) if attends else Age("assumed-adult", _EVER)


def with_state(
    age: Age,
    policies: Mapping[str, Policy],
    joined: Mapping[str, datetime],
    oldest: Mapping[str, datetime],
    today: date,
) -> Age:
    """Return the age with its state and all that it rests on.

    `policies` are those of the networks, the one with most items first; `joined` and `oldest` say
    when the member joined each, and when their oldest item there was made.
    """
    minimum = next(iter(policies.values())).purpose(MAIN_PURPOSE).minimum_age
    signs: list[AgeSign] = []
    if age.birth_date not in (None, _EVER):
        is_adult = birthday(age.birth_date, minimum) <= today
        signs.append(AgeSign("birth-date", "adult" if is_adult else "minor"))
    if age.signs:
        signs.append(AgeSign("secondary-school", "minor"))
    for network, policy in policies.items():
        rules, since = policy.purpose(MAIN_PURPOSE), joined.get(network) or oldest.get(network)
        if since is not None:
            begins_at, day = rules.account_age, since.date()
            proves = begins_at is not None and (
                birthday(day, max(0, rules.minimum_age - begins_at)) <= today
            )
            sign: Literal["joined", "oldest-item"] = (
                "joined" if network in joined else "oldest-item"
            )
            signs.append(AgeSign(sign, "adult" if proves else "nothing", network, day, begins_at))
    verdicts = {sign.says for sign in signs}
    if age.source == "assumed-adult" and "adult" in verdicts:
        return replace(age, source="account-age", state="adult", evidence=tuple(signs))
    if age.source == "assumed-adult":
        return replace(age, evidence=tuple(signs))
    return replace(age, state="minor" if "minor" in verdicts else "adult", evidence=tuple(signs))


def checked_region(region: str) -> str:
    """Return the ISO 3166-1 code in capitals.

    Raises:
        InputError: there is no country with this code.
    """
    code = region.strip().upper()
    if code in REGIONS:
        return code
    named = locate(region).country
    near = did_you_mean(code, sorted(REGIONS))
    todo = Message("use-two-letters")
    if named is not None:
        todo = Message("did-you-mean", word=named)
    elif code in GROUPS:
        todo = Message("region-is-group", code=code)
    elif len(code) == 2 and near.code == "did-you-mean":
        todo = near
    raise InputError(Message("region-unknown-code", code=region), todo=todo)
