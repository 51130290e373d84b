"""What a recruiter reads of a profile."""

from vanne_assist.brief.criteria import Criterion, Fact, Judgement, Kind, Passage, Profile
from vanne_assist.writing.summary import summarise

TRUE = {
    "en": "I am a nurse. I ran the handover on our ward.",
    "fr": "Je suis infirmière. J'ai dirigé la relève dans notre service.",
    "de": "Ich bin Pflegefachfrau. Ich habe die Übergabe auf der Station geleitet.",
    "it": "Sono infermiera. Ho guidato la consegna nel nostro reparto.",
}
TITLES = {"en": "nurse", "fr": "infirmière", "de": "Pflegefachfrau", "it": "infermiera"}


def profile_of(lang: str, text: str) -> tuple[Profile, list[Judgement]]:
    """A profile whose title is in its true first sentence; the brief's words are in all of it."""
    title = text.index(TITLES[lang])
    facts = [
        Fact(Kind.TITLE, TITLES[lang], "p-1", (title, title + len(TITLES[lang]))),
        *(Fact(Kind.WORDS, "x", "p-1", (n, n + 1)) for n in range(len(text)) if text[n] != " "),
    ]
    profile = Profile("m", (Passage("p-1", "profile", text, lang),), tuple(facts))
    asked = Criterion(Kind.TITLE, TITLES[lang], TITLES[lang])
    words = Criterion(Kind.WORDS, "x", "x")
    return profile, [
        Judgement(asked, "met", (facts[0],)),
        Judgement(words, "met", tuple(facts[1:])),
    ]


def test_each_criterion_is_said_with_the_persons_own_words() -> None:
    profile, judgements = profile_of("en", TRUE["en"])
    title, words = summarise(profile, judgements)
    assert title.state == "met" and [q.text for q in title.quotes] == ["I am a nurse."]
    assert [q.text for q in words.quotes] == ["I am a nurse.", "I ran the handover on our ward."]
