"""What a column of texts is asked before the exact rules read any: no pattern is too narrow.

RE2 runs them over whole columns. All texts are asked for the `sparks`; their parts are short, for
RE2 is slow with many states. The few that hold one are asked at which kinds they hint, by
patterns that are `widened` from those of the rules. So a column gives what its texts give, which
is a test.
"""

import re
from collections.abc import Iterable
from functools import cache

from vanne.screening import addresses, contact, papers, pay, secrets
from vanne.screening.screen import UNSEEN
from vanne.screening.words import listed

_BLANK = "[ \u00a0\u202f\u2009]?"
_GAP = "[ ().\u00a0\u202f/-]{0,3}"
_LARGE = (
    "(?:^|[^0-9])(?:[3-9][0-9][0-9]|0[0-9][0-9]|1[0-8][0-9]|2[1-9][0-9]|[12][09][0-9](?:[^0-9]|$)"
    "|[12][09][0-9][0-9][0-9])"
    "|[0-9](?: |\u00a0|\u202f|\u2009|['’.,])[0-9][0-9]|[0-9][0-9][.,][0-9]"
)
"""A number of three digits or more that is no year."""
_MIXED = "[A-Za-z][A-Za-z0-9][0-9][0-9]|[0-9][0-9][A-Za-z][A-Za-z0-9]|[0-9][A-Za-z][0-9]"
_CODE = "(?:us|ca?|au?|nz|hk|s)\\$|[€$£¥]|chf|eur|usd|gbp|cad|aud|s?fr|frs|sek|inr"
_CUES = (
    "(?i:pass(?:[^a-z]|[wk]|ph|co)|mots? de pass|kennwort|token|(?:api|ess|ate|uth)[_ -]?key|secret"
    "|schlüssel|geheimn|zugangsc|losung|parol[ae] [cd]|chiave (?:del )?[apsw]|cl[ée] [apsw]"
    "|cod(?:es?|ice) (?:[adlp]|se|co|ca|wi|imm|en)"
    "|(?:[a-zü]-?|or |te |fe |ge |ng |rm |ry |ss |ox |ck )codes?[^a-z]|(?:wi-?fi|wlan)[ -]?[kcps]"
    "|jeton|bearer|(?:^|[^a-z])(?:pin|ps?wd?|mdp)[^a-z])"
)
_SHAPED = (
    "-----BEGIN|A[KSBC][IC]A[A-Z0-9]|gh[pousr]_|github_pat|glpat|eyJ[A-Za-z0-9_-]|xox[a-z]-"
    "|[spr]k[-_]|AIza|ya29|SG\\.|npm_|hf_|pypi-|dop_v1|://[^ \n/@]*:"
)
EMAIL = (
    r"@|＠|[\[({] ?(?i:at|arobase|chiocciola|ät) ?[\])}]"
    "|(?i: (?:arobase|chiocciola|klammeraffe|at [^ ]+ (?:dot|punkt)) )"
)
ODD = rf"[^0-9\P{{Nd}}]|[ıİſ\x{{212A}}]|{UNSEEN}"
"""Digits of other scripts, letters that only Python takes for some of the rules' words, signs that
nobody sees."""


@cache
def sparks() -> tuple[str, ...]:
    """Return patterns of which every text holds one in which there is anything to be found.

    They are several because RE2 keeps as many states as fit, and beyond is twenty times as slow.
    """
    run = _GAP.join(["[0-9]"] * 6)
    found = (_LARGE, run, _MIXED, _money(), _spelt(), _CUES, _SHAPED, EMAIL, ODD)
    return "|".join(found), "|".join((*_streets(), widened(pay.asked())))


@cache
def hints() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Return kinds, and the patterns of all that a text holds which hints at them."""
    numbers = (contact.PHONE, papers.IBAN, papers.CARD, *papers.shapes(), papers.named())
    place = f"[0-9]{{4}}[ \u00a0\u202f][{addresses.UPPER}]|[A-Z] [0-9]{{4}}"
    streets = "|".join((*_streets(), place))
    return (
        (("email",), (EMAIL,)),
        (("phone", "iban", "card", "national-id"), ("|".join(map(widened, numbers)),)),
        (("secret",), (f"{widened(secrets.named())}|{widened(secrets.CODE)}|{_SHAPED}",)),
        (("address",), (streets, "|".join(map(widened, addresses.patterns())))),
        (("salary",), (f"{_money()}|{_spelt()}",)),
        (("salary",), (_LARGE,)),
        (("salary",), (widened(pay.asked()),)),
    )


def widened(pattern: re.Pattern[str]) -> str:
    r"""Return a pattern for RE2 that is in every text in which one of Python's is.

    What looks ahead or behind is left out, repeats have no upper bound, and any letter beyond ASCII
    may stand in a word.

    >>> widened(re.compile(r"(?<!\w)CH\d{2,9}(?![\w%])", re.IGNORECASE))
    '(?i:CH[0-9]{2,})'
    """
    flags = "".join(
        sign for sign, flag in (("i", re.IGNORECASE), ("s", re.DOTALL)) if pattern.flags & flag
    )
    return f"(?{flags}:{_widened(pattern.pattern)})"


_TOKEN = re.compile(
    r"(?P<look>\(\?<?[=!])|(?P<name>\(\?P<\w+>)|\\u(?P<code>[0-9a-f]{4})"
    r"|(?P<escape>\\.)|\{(?P<least>\d+),(?P<most>\d+)\}|(?P<sign>.)",
    re.DOTALL,
)
_WORD = "0-9A-Za-z_\u0080-\U0010ffff"
_ESCAPES = {r"\w": _WORD, r"\d": "0-9"}
_FEW = 3


def _widened(pattern: str) -> str:
    parts: list[str] = []
    at, in_class = 0, False
    while (token := _TOKEN.match(pattern, at)) is not None:
        at = token.end()
        escape = token["escape"]
        if token["look"] and not in_class:
            at = _behind_group(pattern, token.start())
        elif token["name"] and not in_class:
            parts.append("(?:")
        elif token["code"]:
            parts.append(chr(int(token["code"], 16)))
        elif escape in _ESCAPES:
            parts.append(_ESCAPES[escape] if in_class else f"[{_ESCAPES[escape]}]")
        elif token["most"] and not in_class and int(token["most"]) > _FEW:
            parts.append(f"{{{token['least']},}}")
        elif token["sign"] == "'":  # texts are asked as they are, rules with one apostrophe
            parts.append("'’" if in_class else "['’]")
        elif in_class or escape not in (r"\b", r"\A", r"\Z"):
            in_class = token[0] == "[" or (in_class and token[0] != "]")
            parts.append(token[0])
    return "".join(parts)


def _behind_group(pattern: str, at: int) -> int:
    """Return where a group that begins at a place has ended."""
    depth, in_class = 0, False
    for token in _TOKEN.finditer(pattern, at):
        sign = token["sign"]
        in_class = (in_class and sign != "]") or (not in_class and sign == "[")
        if not in_class:
            depth += 1 if token["look"] or token["name"] or sign == "(" else -(sign == ")")
        if depth == 0:
            return token.end()
    raise ValueError(f"a group of `{pattern}` does not end")


def _stems(words: Iterable[str]) -> str:
    """Return an alternation of how words begin, each in four signs at most."""
    plain = (_widened(word) for word in words)
    return "|".join(dict.fromkeys(w[:4] if w[:5].isalpha() else w for w in plain))


def _money() -> str:
    names = _stems((*listed("salary", "currencies"), *listed("salary", "coins")))
    scales = "k|t€|teur|tsd|taus|thou|grand|mila|mille|lpa|mil?lion|mio|mln"
    dashed = _BLANK.replace("]", "-]")
    gross = _stems((*listed("salary", "gross"), "annual"))
    return (
        f"[0-9][pP]?[ \u00a0,(]?[ \u00a0(]?(?i:{gross})|"
        f"[0-9]{dashed}(?i:{_CODE}|{names}|{scales})"
        f"|(?i:(?:{_CODE})\\.?|(?:{names})[a-z]*){_BLANK}[0-9]|[0-9][.,][-–—]"
    )


def _spelt() -> str:
    """Return the pattern of amounts in words: «cent mille francs», «six figures»."""
    names = _stems(listed("salary", "currencies"))
    figures = "(?:ve|ix|en)[- ]figu|(?:nf|hs|en)stell|(?:ue|ei|te) cifr|(?:q|ix|pt) chif"
    thousands = (
        "[a-zß]tausend|[a-z]mila(?:[^a-z]|$|due|tr|qu|ci|se|ott|no|ce|di|un|ve)"
        "|[a-z][ \u00a0-](?:thousand|tausend|mil?lion|mil(?:le|a)(?:[^a-z]|$))"
        "|(?:[lntwxy]|[etvnr]e|ee|ur)[ \u00a0-]grand(?:[^a-z]|$)"
    )
    return f"(?i:[a-zà-ÿ][ \u00a0-](?:de |d['’])? ?(?:{names})|{figures}|{thousands})"


def _streets() -> tuple[str, ...]:
    number = "[0-9](?: ?(?:bis|ter|quater|[a-hA-H]))?(?:/[A-Z0-9]+)?"
    before = f"(?i:{'|'.join(map(_widened, listed('address', 'before')))})"
    ends = (*listed("address", "glued"), *listed("address", "surely_glued"))
    glued = "|".join(dict.fromkeys(w[-4:] if w.isalpha() else _widened(w) for w in ends))
    begun = f"(?i:{'|'.join(listed('address', 'begun'))}) [A-ZÄÖÜ][^ ]* (?:[A-ZÄÖÜ][^ ]* )?[0-9]"
    return (
        f"[0-9],? {before}",
        f"{before} [^0-9\n]*[0-9]",
        f"{number} [A-Z0-9][^ \n]* [A-Z0-9]",
        f"(?i:{glued})[ \u00a0\u202f][0-9]",
        begun,
        "(?i:fach|bp|box|c\\.p\\.|ostale) ?[0-9]",
        f"(?i:{'|'.join(listed('address', 'first'))}) (?:des|der|am) ",
        f"(?:{'|'.join(listed('address', 'districts'))}) [0-9]",
        "[A-Z][0-9][0-9A-Z]? ?[0-9A-Z]|(?i:km) ?[0-9]|(?:NSW|VIC|QLD|TAS|ACT|[NW]T|[SW]A) [0-9]",
    )
