"""The types that all packages share: items, members, choices, categories, reasons.

Ids are opaque strings; times are aware and in UTC. `None` means «not known», and an unknown value
permits nothing (see `vanne.decide`). The field names are those of the public tables.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

MemberId = str
ItemId = str
Purpose = str
Fields = Mapping[str, str]
"""What an item says, by the name of the field: `vanne.fields` has the names of each category."""
PURPOSE_NAME = re.compile(r"[A-Za-z0-9_-]+")

MAIN_PURPOSE: Purpose = "generative-ai-training"

LANGUAGES = ("fr", "en", "de", "it")
"""The languages in which members read."""


class Category(StrEnum):
    """What kind of data an item is: a closed list. `dpv` gives the W3C DPV term (pd: namespace)."""

    PROFILE = "profile"
    PHOTO = "photo"
    POSITION = "position"
    EDUCATION = "education"
    SKILL = "skill"
    CV = "cv"
    POST = "post"
    ARTICLE = "article"
    COMMENT = "comment"
    POLL_VOTE = "poll_vote"
    GROUP_POST = "group_post"
    GROUP_MESSAGE = "group_message"
    SCREENING_ANSWER = "screening_answer"
    AI_PROMPT = "ai_prompt"
    AI_OUTPUT = "ai_output"
    FEEDBACK = "feedback"
    RECOMMENDATION = "recommendation"
    REACTION = "reaction"
    FOLLOW = "follow"
    SEARCH = "search"
    LEARNING = "learning"
    JOB_SEARCH = "job_search"
    JOB_APPLICATION = "job_application"
    CONTACT = "contact"
    ACCOUNT = "account"
    IDENTITY = "identity"
    INFERENCE = "inference"
    PRIVATE_MESSAGE = "private_message"
    SALARY = "salary"
    CREDENTIAL = "credential"
    PAYMENT = "payment"

    @property
    def dpv(self) -> str:
        """The term of the Data Privacy Vocabulary 2.3; `vanne:` where it has none."""
        return _DPV[self]


_DPV = {
    Category.PROFILE: "pd:IndividualProfile",
    Category.PHOTO: "pd:Picture",
    Category.POSITION: "pd:EmploymentHistory",
    Category.EDUCATION: "pd:Education",
    Category.SKILL: "vanne:Skill",
    Category.CV: "vanne:CurriculumVitae",
    Category.POST: "pd:PubliclyAvailableSocialMedia",
    Category.ARTICLE: "pd:PubliclyAvailableSocialMedia",
    Category.COMMENT: "pd:PubliclyAvailableSocialMedia",
    Category.POLL_VOTE: "pd:Opinion",
    Category.GROUP_POST: "pd:GroupMembership",
    Category.GROUP_MESSAGE: "pd:SocialMediaCommunication",
    Category.SCREENING_ANSWER: "vanne:JobApplication",
    Category.AI_PROMPT: "vanne:AssistantInput",
    Category.AI_OUTPUT: "vanne:AssistantOutput",
    Category.FEEDBACK: "vanne:Feedback",
    Category.RECOMMENDATION: "pd:Reference",
    Category.REACTION: "pd:Like",
    Category.FOLLOW: "pd:Interest",
    Category.SEARCH: "vanne:SearchHistory",
    Category.LEARNING: "pd:EducationalExperience",
    Category.JOB_SEARCH: "vanne:JobSearch",
    Category.JOB_APPLICATION: "vanne:JobApplication",
    Category.CONTACT: "pd:Acquaintance",
    Category.ACCOUNT: "pd:Contact",
    Category.IDENTITY: "pd:OfficialID",
    Category.INFERENCE: "pd:Interest",
    Category.PRIVATE_MESSAGE: "pd:Communication",
    Category.SALARY: "pd:Salary",
    Category.CREDENTIAL: "pd:Password",
    Category.PAYMENT: "pd:PaymentCard",
}


class Reason(StrEnum):
    """A verdict: `allowed`, or the one reason why not. The order is that of the rules."""

    ALLOWED = "allowed"
    CATEGORY_NEVER = "category-never"
    CATEGORY_NOT_LISTED = "category-not-listed"
    CATEGORY_UNKNOWN = "category-unknown"
    MEMBER_UNKNOWN = "member-unknown"
    REGION_UNKNOWN = "region-unknown"
    REGION_NOT_STARTED = "region-not-started"
    MINOR = "minor"
    AGE_UNKNOWN = "age-unknown"
    MADE_AS_MINOR = "made-as-minor"
    OUTSIDE_WINDOW = "outside-window"
    VISIBILITY_NOT_LISTED = "visibility-not-listed"
    SENSITIVE = "sensitive"
    OFF = "off"
    OFF_CATEGORY = "off-category"
    OFF_ITEM = "off-item"
    OFF_BY_DEFAULT = "off-by-default"
    AUTHOR_REFUSES = "author-refuses"
    SUBJECT_REFUSES = "subject-refuses"
    OBJECTION = "objection"
    RESERVATION = "reservation"
    UNREADABLE = "unreadable"

    @property
    def code(self) -> int:
        """The byte that stands for this reason in a sidecar: 0 is allowed."""
        return _CODES[self]


REASONS: tuple[Reason, ...] = tuple(Reason)
_CODES = {reason: code for code, reason in enumerate(REASONS)}


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of member data.

    `category` is kept as it was written, so that an unknown one can be denied by name.
    `author` is `None` when the owner wrote it. `fields` are never changed once the item is made.
    `unreadable` names the columns whose value was there but could not be understood.
    """

    item_id: ItemId
    owner: MemberId | None
    category: str | None
    author: MemberId | None = None
    subjects: tuple[MemberId, ...] = ()
    created_at: datetime | None = None
    visibility: str | None = None
    tags: tuple[str, ...] = ()
    reservation: str | None = None
    lang: str | None = None
    text: str | None = None
    media: str | None = None
    source: str | None = None
    unreadable: tuple[str, ...] = ()
    fields: Fields = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Member:
    """A person with an account. `region` is an ISO 3166-1 alpha-2 code."""

    member_id: MemberId
    region: str | None = None
    birth_date: date | None = None
    signs: tuple[str, ...] = ()
    joined_at: datetime | None = None


Scope = Literal["all", "category", "item"]


class Channel(StrEnum):
    """The ways by which Vanne itself hears of a choice: nobody else may say that one is theirs."""

    WEB = "web"
    COMMAND_LINE = "command-line"
    GPC = "gpc"
    ERASURE = "erasure"
    OBJECTION = "objection"
    REVIEW = "review"
    AUDIT = "audit"
    DEMO = "demo"
    API = "api"

    @classmethod
    def of(cls, channel: str) -> "Channel | None":
        """Return the one that a channel is or goes on from, however it is written.

        >>> Channel.of("Review/operator"), Channel.of("hotline")
        (<Channel.REVIEW: 'review'>, None)
        """
        word = channel.strip().casefold().partition("/")[0].strip()
        return cls(word) if word in set(cls) else None


@dataclass(frozen=True, slots=True)
class Choice:
    """A member's on or off for a purpose: whole, for one category, or for one item.

    An entry with `on=False` of somebody who is no member is an objection. `at` orders the choices;
    in a ledger it is the time that the ledger gave. `claimed_at` is when the choice was made in the
    words of who recorded it, where that is another time: it decides nothing about which choice
    holds.
    """

    member_id: MemberId
    purpose: Purpose
    scope: Scope
    on: bool
    at: datetime
    target: str | None = None
    channel: str | None = None
    notice: str | None = None
    claimed_at: datetime | None = None

    @property
    def since(self) -> datetime:
        """From when on it speaks: of an off the earlier of both times, since in doubt it wins."""
        return _since(self)


@dataclass(frozen=True, slots=True)
class Objection:
    """The opt-out of somebody who is no member; `on=True` takes it back.

    `profile` is an address where they are found, or `None`: then there is only a name. `at` and
    `claimed_at` are those of a choice.
    """

    name: str
    profile: str | None
    purpose: Purpose
    on: bool
    at: datetime
    channel: str | None = None
    notice: str | None = None
    claimed_at: datetime | None = None

    @property
    def since(self) -> datetime:
        """From when on it speaks, as of a choice."""
        return _since(self)


def _since(choice: Choice | Objection) -> datetime:
    if choice.on or choice.claimed_at is None:
        return choice.at
    return min(choice.at, choice.claimed_at)


@dataclass(frozen=True, slots=True)
class Notice:
    """A change of policy that was announced before it takes effect. `notice` is its id.

    `digest` is that of the new policy, `text_sha256` that of the words that people were shown.
    """

    notice: str
    purpose: Purpose
    policy: str
    digest: str
    published_at: datetime
    effective_at: datetime
    text_sha256: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A member was shown a notice."""

    member_id: MemberId
    notice: str
    at: datetime
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """Which policy holds from `since` on; `at` is when that was written down."""

    policy: str
    version: str
    digest: str
    since: datetime
    at: datetime


def word(tag: str) -> str:
    """Return a tag or sign as policies write it.

    >>> word("Secondary_School "), word("secondary  school")
    ('secondary-school', 'secondary-school')
    """
    return "-".join(tag.casefold().replace("_", " ").replace("-", " ").split())


# ISO 3166-1 alpha-2, the 249 officially assigned codes.
REGIONS = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ
    BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM
    DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS
    GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
    KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ
    MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
    VN VU WF WS YE YT ZA ZM ZW
    """.split()
)

EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)
TO_ASSISTANT = "assistant"
"""The visibility of what somebody writes to an assistant, and of what it answers."""
WITH_ASSISTANT = "with-assistant"
"""The visibility of a message in a chat of people in which somebody calls an assistant."""

GROUPS: dict[str, frozenset[str]] = {"EU": EU, "EEA": EU | {"IS", "LI", "NO"}}
"""Names that a policy may use for several regions."""


def is_unicode(text: str) -> bool:
    """Say whether a text can be written: JSON can hold halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
