"""The names of reasons, kinds of data, scopes and purposes, in four languages.

Each member of these closed sets has one English sentence here, which is its message id.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vanne.terms import MAIN_PURPOSE, Category, Choice, Purpose, Reason
from vanne.words.language import sentence, words


@dataclass(frozen=True, slots=True)
class PurposeWords:
    """How members read of a purpose in one language: what it is called, and a sentence on it."""

    title: str
    help: str


def reason_words(reason: Reason, lang: str) -> str:
    """Say a verdict to the member whose item it is, in one sentence."""
    return words(lang)(_REASONS[reason])


def category_words(category: str | None, lang: str) -> str:
    """Name a kind of data; one that is not known is named as it was written."""
    w = words(lang)
    if category is None:
        return w("Of no known kind")
    try:
        return w(_CATEGORIES[Category(category)])
    except ValueError:
        return category


def scope_words(choice: Choice, lang: str) -> str:
    """Say what of a member's data a choice covers, within its purpose."""
    if choice.scope == "category":
        return category_words(choice.target, lang)
    if choice.scope == "item":
        return words(lang)(_ONE, item=choice.target)
    return words(lang)(_ALL)


def screened_words(kind: str, lang: str) -> str:
    """Name a kind of what is taken out of texts before they are read."""
    return words(lang)(_SCREENED[kind])


def text_kind_words(kind: str, lang: str) -> str:
    """Name what stands in texts: a kind of number or address, or a sensitive topic."""
    return words(lang)(_TOPICS.get(kind) or _SCREENED[kind])


def purpose_words(purpose: Purpose, own: Mapping[str, PurposeWords], lang: str) -> PurposeWords:
    """Say a purpose as members read it: in its policy's own words, else in ours, else by name."""
    if lang in own:
        return own[lang]
    if purpose in _PURPOSES:
        title, about = _PURPOSES[purpose]
        return PurposeWords(words(lang)(title), words(lang)(about))
    return PurposeWords(purpose, "")


_REASONS = {
    Reason.ALLOWED: sentence("It may be used to train generative AI."),
    Reason.CATEGORY_NEVER: sentence("This kind of data is never used."),
    Reason.CATEGORY_NOT_LISTED: sentence("The policy does not list this kind of data."),
    Reason.CATEGORY_UNKNOWN: sentence("This kind of data is not known, so it is not used."),
    Reason.MEMBER_UNKNOWN: sentence("It is not known whose item this is, so it is not used."),
    Reason.REGION_UNKNOWN: sentence("Your region is not known, so nothing is used."),
    Reason.REGION_NOT_STARTED: sentence("In your region, this use has not started."),
    Reason.MINOR: sentence("You are, or may be, under the minimum age."),
    Reason.AGE_UNKNOWN: sentence("Your age is not known, so nothing is used."),
    Reason.MADE_AS_MINOR: sentence("It dates from when you were under the minimum age."),
    Reason.OUTSIDE_WINDOW: sentence("It is older than the policy permits."),
    Reason.VISIBILITY_NOT_LISTED: sentence("The policy does not use items shared in this way."),
    Reason.SENSITIVE: sentence(
        "It touches on something sensitive, such as health, religion or a union."
    ),
    Reason.OFF: sentence("You switched this off."),
    Reason.OFF_CATEGORY: sentence("You switched this kind of data off."),
    Reason.OFF_ITEM: sentence("You switched this item off."),
    Reason.OFF_BY_DEFAULT: sentence("You have not chosen, and the default in your region is off."),
    Reason.AUTHOR_REFUSES: sentence("Somebody else wrote it and does not permit it."),
    Reason.SUBJECT_REFUSES: sentence("Somebody else is in it and does not permit it."),
    Reason.OBJECTION: sentence("Somebody who is not a member objected."),
    Reason.RESERVATION: sentence("The item itself says that no AI may be trained on it."),
    Reason.UNREADABLE: sentence("One of its values cannot be read, so it is not used."),
}

REASON_TEMPLATES = {f"reason-{reason}": text for reason, text in _REASONS.items()}
"""The code of each reason in a message."""

_ALL = sentence("all my data for this purpose")
_ONE = sentence("one item: %(item)s")

_CATEGORIES = {
    Category.PROFILE: sentence("Profile"),
    Category.PHOTO: sentence("Photos"),
    Category.POSITION: sentence("Positions"),
    Category.EDUCATION: sentence("Education"),
    Category.SKILL: sentence("Skills"),
    Category.CV: sentence("CVs"),
    Category.POST: sentence("Posts"),
    Category.ARTICLE: sentence("Articles"),
    Category.COMMENT: sentence("Comments"),
    Category.POLL_VOTE: sentence("Poll votes"),
    Category.GROUP_POST: sentence("Group posts"),
    Category.GROUP_MESSAGE: sentence("Group messages"),
    Category.SCREENING_ANSWER: sentence("Answers to employers' questions"),
    Category.AI_PROMPT: sentence("Questions to AI features"),
    Category.AI_OUTPUT: sentence("Answers from AI features"),
    Category.FEEDBACK: sentence("Feedback"),
    Category.RECOMMENDATION: sentence("Recommendations"),
    Category.REACTION: sentence("Reactions"),
    Category.FOLLOW: sentence("Follows"),
    Category.SEARCH: sentence("Searches"),
    Category.LEARNING: sentence("Learning"),
    Category.JOB_SEARCH: sentence("Job search"),
    Category.JOB_APPLICATION: sentence("Job applications"),
    Category.CONTACT: sentence("Contacts"),
    Category.ACCOUNT: sentence("Account"),
    Category.IDENTITY: sentence("Identity documents"),
    Category.INFERENCE: sentence("What was inferred about you"),
    Category.PRIVATE_MESSAGE: sentence("Private messages"),
    Category.SALARY: sentence("Salary"),
    Category.CREDENTIAL: sentence("Passwords and keys"),
    Category.PAYMENT: sentence("Payment data"),
}

_SCREENED = {
    "salary": sentence("pay"),
    "phone": sentence("phone numbers"),
    "email": sentence("e-mail addresses"),
    "address": sentence("postal addresses"),
    "iban": sentence("bank accounts"),
    "card": sentence("payment cards"),
    "national-id": sentence("numbers of official papers"),
    "secret": sentence("passwords and access keys"),
}

_TOPICS = {
    "union": sentence("trade unions"),
    "health": sentence("health"),
    "religion": sentence("religion"),
    "politics": sentence("politics"),
    "belief": sentence("beliefs"),
    "ethnicity": sentence("ethnic origin"),
    "orientation": sentence("sexual orientation"),
}

_PURPOSES = {
    MAIN_PURPOSE: (
        sentence("Models that write content"),
        sentence("They are trained to write texts and to make pictures."),
    ),
    "ai-features": (
        sentence("My questions to AI features"),
        sentence(
            "What you type into AI features here, and what they answer, is used for training."
        ),
    ),
    "partner-training": (
        sentence("Models of our parent company or partners"),
        sentence("Another company is then responsible for what is done with your data."),
    ),
    "ranking": (
        sentence("Models that rank and recommend"),
        sentence("They choose what is shown to you, and to whom you are shown."),
    ),
    "candidate-search": (
        sentence("Search for candidates"),
        sentence("Recruiters find you by what you wrote in your profile."),
    ),
}
"""The purposes that a network names most often, by the names that our documentation gives them."""
