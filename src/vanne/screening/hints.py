"""What a text must hold before a kind is looked for: cheap patterns that are never too narrow.

The patterns mean the same to Python and to RE2, which runs them over whole columns: classes are
spelt out, and nothing looks ahead or behind. Few texts hold what `spark` names, and only in those
is it asked which kinds they hint at; a kind is looked for only where its hint is, in one text as in
a column, so that both find the same. That no hint misses what its rules would find is a test.
"""

import re
from collections.abc import Callable
from functools import cache

from vanne.screening.kinds import KINDS
from vanne.screening.words import listed

_LARGE = (
    "(?:^|[^0-9])(?:[3-9][0-9][0-9]|0[0-9][0-9]|1[0-8][0-9]|2[1-9][0-9]|[12][09][0-9](?:[^0-9]|$)"
    "|[12][09][0-9][0-9][0-9])|[0-9](?: |\u00a0|\u202f|\u2009|['’.,])[0-9][0-9][0-9](?:[^0-9]|$)"
)
"""A number of three digits or more that is no year."""
_PAIRS = "[0-9][0-9][^0-9A-Za-z][0-9][0-9][^0-9A-Za-z][0-9][0-9]"
_MIXED = "[A-Za-z][A-Za-z][0-9][0-9][A-Za-z]|[A-Za-z][0-9][0-9][A-Za-z][0-9][0-9]"
_MONEY = (
    "[0-9](?: |\u00a0|\u202f|\u2009)?(?:[kK€$£¥]|[tT]€|TEUR|teur|[cC][hH][fF]|[eE][uU][rR]"
    "|[uU][sS][dD]"
    "|[gG][bB][pP]|[cC][aA][dD]|[aA][uU][dD]|[sS]?[fF][rR]|[sS][eE][kK]|[iI][nN][rR]|[dD]oll"
    "|[pP]ound"
    "|[mM]il|[tT]sd|TSD|[tT]aus|[tT]hous|[gG]rand|[lL][pP][aA]|[lL]ivr|[sS]ter|[qQ]ui|[bB]uck"
    "|[lL]akh"
    "|[rR]upee|[pP]fun|[sS]tutz)"
    "|(?:[€$£¥]|[cC][hH][fF]|[eE][uU][rR]o?s?|[uU][sS][dD]|[gG][bB][pP]|[fF][rR][sS]?\\.?|SEK|INR)"
    "(?: |\u00a0)?[0-9]|[0-9][.,][-–—]"
)
_SPELT = (
    "[fF]ranc|FRANC|[fF]rank|EURO|[eE]uro|[dD]olla|[pP]ound|[pP]fund|[lL]ivre|[sS]terlin|[qQ]uid"
    "|[bB]ucks"
    "|[lL]akh|[rR]upee|[fF]igure|[cC]hiffres|[sS]tellig|[cC]ifre|[sS]tutz|[gG]rand "
)
_NAMED = (
    "[pP]ass(?:w|c|p| ?[:=])|PASS|[mM]ots? de passe|MOT DE|[kK]ennwort|[tT]oken|TOKEN|KEY"
    "|[ _-][kK]ey"
    "|(?:^|[^A-Za-z])(?:PIN|[pP]in|[pP][wW]|[mM][dD][pP]|[pP][wW][dD])(?:[^A-Za-z]|$)|[sS]ecret"
    "|SECRET"
    "|[sS]chlüssel|[gG]eheimn|[zZ]ugangsc|[lL]osung|[pP]arol|[cC]hiave|[cC]l[ée] [aAsSpP]"
    "|[cC]od(?:e|ice) (?:[pP][iI][nN]|[sS]e[cg]|[cC]onf|[wW]i-?[fF]i)"
    "|[jJ]eton|[bB]earer|BEARER"
)
_SHAPED = (
    "-----BEGIN|A[KSBC][IC]A[A-Z0-9]|gh[pousr]_|github_pat|glpat|eyJ[A-Za-z0-9_-]|xox[a-z]-"
    "|[spr]k[-_]"
    "|AIza|ya29|SG\\.|npm_|hf_|pypi-|dop_v1|://[^ /]{0,64}:"
)
_SECRET = f"{_NAMED}|{_SHAPED}"
_STREET = (
    "(?:[sS]tr(?:a(?:ß|ss)e|\\.)|[gG]asse|[gG]ässchen|[wW]eg|[aA]llee|[pP]latz|[rR]ing|[dD]amm"
    "|[uU]fer|[sS]teig"
    "|[hH]alde|[rR]ain|[mM]atte|[hH]of|[gG]raben|[cC]hauss[eé]e|[pP]romenade|[mM]arkt|[sS]tieg"
    "|[zZ]eile"
    "|[pP]ost(?:fach|ale)|[bB][pP]|\\.[pP]\\.|[bB][oO][xX]) ?[0-9]"
    "|[0-9],? (?:bis|ter|quater|[a-hA-H])?,? ?(?:[rR]ue|[aA]v|[bB](?:d|lv|ou)|[cC]h(?:em|\\.)"
    "|[rR](?:ou)?te|[iI]mp"
    "|[aA]ll|[qQ]uai|[pP]la|[pP]as|[sS]qu|[rR]uel|[sS]ent|[cC]our|[fF]aub|[eE]spl|[mM]ont"
    "|[vV]enel|[pP]rom)"
    "|[0-9](?:bis|ter|quater|[a-hA-H]) [rRaAbBcCiIqQpPsSfFeEmMvV]"
    "|(?:^|[^A-Za-z])(?:[rR]ue|[aA]v(?:enue|\\.)|[bB]oulevard|[bB]l?v?d|[vV]i(?:a|ale|co|colo)"
    "|[vV]\\.le|[pP]iazz[a-z]+"
    "|[pP]\\.za|[cC]orso|[cC]\\.so|[lL]argo|[sS]trada|[lL]ungo[a-z]+|[cC]ontrada|[sS]alita"
    "|[bB]orgo|[cC]alle"
    "|[gG]alleria|[cC]h(?:emin|\\.)|[rR]oute|[rR]te|[iI]mpasse|[aA]ll[eé]e|[qQ]uai|[pP]lace"
    "|[sS]quare|[pP]assage"
    "|[rR]uelle|[sS]entier|[cC]ours|[fF]aubourg|[eE]splanade|[mM]ontée|[vV]enelle"
    "|[pP]romenade)"
    " (?:d[eu'’]|l[ae'’]|[A-ZÀ-Ý])[^0-9]{0,40}[0-9]"
    "|[0-9] (?:[A-Z][^ ]*|[0-9]+(?:st|nd|rd|th)) [A-Z]"
    "|(?:Am|An de[nr]|Auf de[mr]|Im|In der|Unter den|Zum|Zur|Beim"
    "|Hinter der) [A-ZÄÖÜ][^ ]* (?:[A-ZÄÖÜ][^ ]* )?[0-9]"
)
_EMAIL = r"@|＠|[\[({] ?(?:at|AT|[aA]robase|[cC]hiocciola|ät) ?[\])}]"


def spark() -> str:
    """Return the pattern of what every text holds in which there is anything to be found."""
    return "|".join((_LARGE, _PAIRS, _MIXED, _MONEY, _SPELT, _EMAIL, _SECRET, _STREET))


@cache
def hint(kind: str) -> tuple[tuple[str, ...], ...]:
    """Return the patterns of a kind's hint: all those of one of the groups must be in a text."""
    return _HINTS[kind]()


def hinted(text: str) -> tuple[str, ...]:
    """Return the kinds that a text hints at."""
    if not _compiled(spark()).search(text):
        return ()
    return tuple(
        kind
        for kind in KINDS
        if any(all(_compiled(p).search(text) for p in group) for group in hint(kind))
    )


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _any_case(pattern: str) -> str:
    return f"(?is){pattern}"


def _salary() -> tuple[tuple[str, ...], ...]:
    return (
        (_MONEY,),
        (_SPELT, _any_case(_spelt())),
        (_LARGE, _any_case(_as_words("salary", "cues"))),
        (_any_case(f"[0-9][ ,(]{{1,2}}(?:{_plain('salary', 'gross')})"),),
    )


def _spelt() -> str:
    numbers, currencies = _plain("salary", "numbers"), _plain("salary", "currencies")
    return f"(?:{numbers})[ \u00a0-](?:de |d['’])? ?(?:{currencies})|{_plain('salary', 'figures')}"


def _plain(table: str, key: str) -> str:
    """Return the words of a key without what only Python knows."""
    return "|".join(dict.fromkeys(_without_looks(each) for each in listed(table, key)))


def _as_words(table: str, key: str) -> str:
    """Return the words of a key where a word begins, or inside one if they end compounds."""
    found = [_without_looks(each) for each in listed(table, key)]
    inner = [each.removeprefix("[^ ]*") for each in found if each.startswith("[^ ]*")]
    begun = [each for each in found if not each.startswith("[^ ]*")]
    words_ = f"(?:[^a-z]|^)(?:{'|'.join(begun)})(?:[^a-z]|$)"
    return f"{words_}|{'|'.join(inner)}" if inner else words_


def _without_looks(word: str) -> str:
    return re.sub(r"\(\?<?[!=][^()]*\)", "", word).replace("\\w", "[^ ]")


def _phone() -> tuple[tuple[str, ...], ...]:
    return (("(?:\\+|\\(|0|[2-9][0-9][0-9])(?:[ ().\u00a0\u202f/-]*[0-9]){6}",),)


def _national_id() -> tuple[tuple[str, ...], ...]:
    return (
        ("[0-9](?:[. -]?[0-9]){7}",),
        (_any_case("[a-z]{6}[0-9]{2}[a-z]|[a-z]{2}(?: ?[0-9]{2}){3} ?[a-d]"),),
        ("[0-9]", _any_case(_as_words("national-id", "cues"))),
    )


_HINTS: dict[str, Callable[[], tuple[tuple[str, ...], ...]]] = {
    "salary": _salary,
    "phone": _phone,
    "email": lambda: ((_EMAIL,),),
    "address": lambda: ((_STREET,),),
    "iban": lambda: (("[A-Za-z]{2}[0-9]{2}(?:[ \u00a0-]?[A-Za-z0-9]){11}",),),
    "card": lambda: (("[0-9](?:[ \u00a0-]?[0-9]){12}",),),
    "national-id": _national_id,
    "secret": lambda: ((_SECRET,),),
}
