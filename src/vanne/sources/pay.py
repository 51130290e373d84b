"""Tells whether a question or an answer speaks of pay, in English, French, German and Italian.

Salary that members enter is never used for training, and no file of LinkedIn's holds it under that
name: it is in the free text of screening questions. In doubt a text speaks of pay: that denies.
"""

import re
import unicodedata

_WORDS = re.compile(
    r"""
      \b(?: salar(?:y|ies|ied) | compensation | remunerat\w+ | wages? | pay(?:check|scale)?
          | earn(?:ings?)? | stipends? | bonus(?:es)? | ctc | lpa | ote | base\ pay
          | (?:hourly|daily|day|weekly|monthly|annual)\ (?:rate|income|gross|net)
          | (?<!fixed\ )income | paid | package\ (?:do|would|expect\w*)
          | salaires? | salarial\w* | pretentions? | honoraires | taux\ (?:horaire|journalier) | tjm
          | (?:fiche|bulletin)s?\ de\ (?:paie|salaire) | fourchette
          | \w*gehalt(?!en)\w* | gehaelt\w+ | gehalter | lohn(?!\w*(?:t|end)\b)\w*
          | (?:stunden|tages|monats|jahres|brutto|netto|mindest|wunsch)lohne?s?
          | \w*verg(?:u|ue)tung\w*
          | (?:stunden|tages)s(?:a|ae)tz\w* | entgelt\w* | verdien(?:en|st)\w*
          | honorar(?:e|s|vorstellung\w*)?
          | stipendi\w* | retribu\w+ | ral | compens[oi] | paga | tariff[ae] | pretese\ economiche
      )\b
    """,
    re.VERBOSE,
)
_RATE = re.compile(
    r"(?<!you )(?<!please )(?<!to )"
    r"\b(?<!conversion )(?<!churn )(?<!interest )(?<!error )(?<!success )(?<!growth )"
    r"(?<!response )(?<!retention )(?<!through )"
    r"rates?\b(?! (?:your|yourself|the|this|how|from|on)\b)"
)
_NO_PAY = re.compile(
    r"\b(?:pay(?:s|ing)? (?:close )?attention|paid (?:search|media|social|ads?))\b"
)
_CURRENCY = (
    r"(?:[$€£¥₹]|(?:chf|eur|euros?|usd|gbp|cad|aud|sek|nok|dkk|pln|inr|jpy|sfr|fr|francs?|franken"
    r"|dollars?|pounds?|lakhs?|lpa)\b\.?)"
)
_NUMBER = r"\d[\d'’.,   \u202f]*(?:k|m|tsd|mila)?"
_AMOUNT = re.compile(rf"{_CURRENCY} ?{_NUMBER}|{_NUMBER}(?:-| )?{_CURRENCY}")


def asks_for_pay(text: str) -> bool:
    """Say whether a text has a word for pay.

    >>> asks_for_pay("Vos prétentions ?"), asks_for_pay("How do you rate your English?")
    (True, False)
    """
    plain = _NO_PAY.sub("", _plain(text))
    return _WORDS.search(plain) is not None or _RATE.search(plain) is not None


def states_amount(text: str) -> bool:
    """Say whether a text holds an amount of money.

    >>> states_amount("95'000 CHF"), states_amount("5 years")
    (True, False)
    """
    return _AMOUNT.search(_plain(text)) is not None


def _plain(text: str) -> str:
    """Return the text in lower case and without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
