"""Tells whether a question or an answer speaks of pay, in the languages of Europe's job market.

Salary that members enter is never used for training, and no file of LinkedIn's holds it under that
name: it is in the free text of screening questions. In doubt a text speaks of pay, for that denies:
a false alarm costs one answer, a miss trains on a salary. `tests/cases/pay.tsv` measures both.

`money` and `lists` say *where* an amount of pay stands in a text of any kind; this says *whether* a
question and its answer are about pay, amount or not. Of the 129 pairs of `pay.tsv` that are, these
rules know 129, and the others 69: so neither can stand for the other.
"""

import re
from functools import cache

from vanne.folding import fold

_WORDS: dict[str, tuple[str, ...]] = {
    "several": (
        r"\w*sal+[ae]r(?!ie(?:es?)?\b)[aioy]?\w*",  # salary, salario, Salär; not French «salarié»
        r"\w*brutt?o\w*",
        r"netto\w*",
        r"re(?:mun|num)er\w+",
        r"re(?:t|tt)ribu\w+",
        r"stipend\w*",
        r"compensa\w+",
        r"bonus(?:es)?",
        r"tari(?:f|fs|ff[ae]|fas?|ef)",
        r"\w*honorar(?!y)\w*",
        r"emolument\w*",
    ),
    "en": (
        r"wages?",
        r"pay(?:s|ing|check|scale)?",
        r"(?:get|be|being|are|were|was|i am|you) paid",
        r"paid (?:per|now|currently)",
        r"earn(?:s|ing|ings)?",
        r"ctc|lpa|ote|tc",
        r"(?:total|current|expected|desired|target|annual|base|cash|your|my|on-target) comp",
        r"comp (?:expectation|range|requirement|package|target|history)\w*",
        r"(?:hourly|daily|day|weekly|monthly|annual|yearly) "
        r"(?:rate|fee|income|gross|net|base|figure|amount|package|comp|expectation|requirement)s?",
        r"(?:current|expected|desired|target|minimum|your|my) (?:annual )?base"
        r"(?! (?:of|location|office|station|camp|city|country|image|class)\b)",
        r"(?:gross|net) (?:annual|monthly|yearly|weekly|per|income|a (?:year|month))",
        r"(?<!fixed )income",
        r"(?:current|desired|expected|total|target|benefits?|minimum|your|my) package",
        r"package (?:do|would|expect\w*|is|of|you|range|requirement\w*)",
        r"(?:you|i) (?:currently |now )?mak(?:e|ing) (?:per|(?:an?|each|every) (?:year|month|week"
        r"|day|hour)|now|currently|annually|monthly|at your (?:current|last|present))",
        r"(?:currently|are you|am) making per",
        r"(?:what|how much) are you (?:currently |now )?making",
        r"how much (?:money|(?:do|would|did|are|were|should) (?:you|we) (?:currently |now )?"
        r"(?:want|expect|need|like|charge|cost|make|making|hope|hoping|look|looking|ask|asking|get"
        r"|getting|desire|require))",
        r"(?:you|i) (?:would )?charge",
        r"(?:financial|monetary|money|payment|budget) (?:expectation|requirement|demand|need)s?",
        r"(?:your|my|expected|desired|minimum|consulting|consultancy) fees?",
        r"take[- ]home",
        r"per diem",
        r"hourly",
        r"commission (?:split|structure|expect\w*)",
    ),
    "fr": (
        r"salaires?",
        r"pretentions?",
        r"honoraires",
        r"tjm",
        r"taux (?:horaire|journalier|jour)\w*",
        r"(?:fiche|bulletin)s? de (?:paie|salaire)",
        r"(?:votre|ta|quelle|ma) pa[iy]e",
        r"pay[eé](?:e|es|s|z)?",
        r"fourchette",
        r"gagn\w+",
        r"(?<!petrole )brut",
        r"net (?:annuel|mensuel|par|souhaite|actuel)",
        r"(?:annuel|mensuel) net",
        r"(?:votre|dernier|mon|salaire) fixe",
        r"fixe (?:annuel|mensuel|actuel|souhaite|et variable|\+|/)",
        r"package (?:actuel|souhait\w+|annuel|global|total)",
        r"indemnites?",
        r"traitement (?:annuel|mensuel|brut|net|actuel|souhaite)",
        r"appointements?",
        r"revenus?",
        r"(?:attente|exigence|pretention|condition|aspiration)s? (?:financier|pecuniair)\w+",
        r"combien (?:touche|percev|demande|coute|voulez|souhaitez|desirez|esperez|valez)\w*",
        r"(?:touchez|percevez)[- ]vous",
    ),
    "de": (
        r"\w*gehalt(?!en)\w*",
        r"\w*geha(?:e)?lter\w*",
        r"\w*(?<!be)lohn(?!t\b|en\b|end|ens|te\b|ten\b|buch|abrech|verrech|steuer|buero|buro|lauf"
        r"|administr|programm|software|wesen)\w*",
        r"\w*vergu?e?tung\w*",
        r"\w*entgelt\w*",
        r"\w*verdien\w*",
        r"\w*einkommen\w*",
        r"\w*einkuenfte|\w*einkunfte",
        r"(?:\w*dienst|\w*monats|\w*jahres)?bez(?:u|ue)ge",
        r"\w*besoldung\w*",
        r"fixum|fixgeh\w+|preisvorstellung\w*",
        r"wie ?viel (?:geld|(?:wollen|mochten|erwarten|verlangen|brauchen|kosten|wurden) sie)",
        r"(?:stunden|tages|monats|jahres)(?:an)?(?:s(?:a|ae)tz|rate|tarif|preis|betrag)\w*",
        r"(?:finanzielle\w*|monetare\w*) (?:\w+ )?(?:vorstellung|erwartung|wunsch|anspruch)\w*",
        r"packages?(?= (?:aktuell|derzeit|gewunscht))",
    ),
    "it": (
        r"guadagn\w+",
        r"ral",
        r"compens[oi]",
        r"paga",
        r"redd?it[oi](?: annu\w+)?",
        r"lord[oi]",
        r"nett[oi]",
        r"mensilita",
        r"(?:pretes[ae]|aspettativ[ae]|richiest[ae]|esigenz[ae]|attes[ae]|condizion[ei]|offert[ae]"
        r"|inquadramento) (?:economic|retributiv|finanziari)\w+",
        r"package (?:attual|desiderat|retributiv|economic|annu)\w+",
        r"quanto (?:percepisc\w+|prend\w+|chied\w+|vorrest\w+|vuo\w+)",
        r"costo (?:orario|giornaliero)",
    ),
    "es, pt": (
        r"sueldo\w*",
        r"pretens(?:ao|oes|ion|iones)",
        r"(?:expectativa|aspiracion|aspiracao|condicion|exigencia)\w* (?:economic|financ)\w+",
        r"gan(?:ar|as|a|o|ho|hos|har|ha|ando|abas|aba|ancias?)",
        r"ingresos|rentas? (?:liquida|esperada|bruta|actual|pretendida)",
        r"cobr(?:ar|as|abas|o)",
        r"neto",
        r"nomina (?:actual|mensual|bruta|neta)",
        r"ordenado|vencimentos?",
        r"liquido (?:mensal|anual)",
        r"rendimento (?:mensal|anual)",
    ),
    "nl, nordic, pl": (
        r"(?:bruto|netto|uur|dag|maand|jaar|basis|minimum|wens|start)?loon(?:eis|wens\w*|verw\w*)?",
        r"(?:uur|dag|maand)tarie\w+",
        r"vergoeding\w*|beloning\w*",
        r"\w*inkomen",
        r"lon|lonn|lonns?\w*(?:krav|forvent\w+|ansprak)|lone(?:ansprak|krav|forvent|niva)\w*",
        r"\w*palkka\w*",
        r"wynagrodzeni\w*|zarob\w*|zarabia\w*|stawk[ai]",
    ),
}
_BARE_PACKAGE = re.compile(r"^\W*(?:(?:votre|vos|your|ihr|dein|il tuo|il suo) )?packages?\W*$")

_OTHER_RATES = (
    "typing conversion churn interest error success growth response retention through bounce heart "
    "close win exchange occupancy utilization completion pass defect failure frame sample refresh "
    "open learning attrition turnover click fill inflation tax hit burn click-through data bit"
).split()
_RATE = re.compile(
    r"(?<!you )(?<!please )(?<!to )\b"
    + "".join(rf"(?<!{word} )" for word in _OTHER_RATES)
    + r"rates?\b(?! (?:your|yourself|the|this|how|from|on|of|limit\w*)\b)"
)
_NO_PAY = re.compile(
    r"\b(?:pay(?:s|ing)? (?:close |careful |any )?attention|pay[- ]per[- ]click"
    r"|paid (?:search|media|social|ads?|advertising|traffic|leave|time off|campaigns?)"
    r"|pay(?:s|ing)? (?:taxes|customers?|bills)|earning (?:a|an|your|my) (?:degree|\w+ degree))\b"
)

_CURRENCY = (
    r"(?:[$€£¥₹]|(?:chf|eur|euros?|usd|gbp|cad|aud|sek|nok|dkk|pln|inr|jpy|sfr|fr|frs|francs?"
    r"|franken|franchi|dollars?|pounds?|lakhs?|lpa|zl|kr|kronor)\b\.?)"
)
_THOUSAND = "(?:k|m|tsd|tausend|thousand|mila|mil|mille)"
_NUMBER = rf"\d[\d'’., ]{{0,20}}{_THOUSAND}?"
_LARGE = r"\d[\d'’., ]{0,20}(?:\d\d|\d ?(?:k|tsd\.?|mila|mille)\b)"
_GROSS = r"(?:brutt?[oi]|brut|nett[oi]|neto|net|gross|lord[oi]|liquidos?|before tax|after tax)\b"
_PERIOD = (
    r"(?:(?:pro|im|je|/) ?(?:monat|jahr|tag|stunde|std)|(?:par|/) ?(?:mois|an|jour|heure)"
    r"|(?:per|a|an|each|/) ?(?:annum|month|year|day|hour|yr|hr)|(?:al|/) ?(?:mese|giorno|ano|mes)"
    r"|all['’ ]?(?:anno|ora)|por (?:mes|ano|hora|dia)|per (?:maand|jaar|uur|dag)"
    r"|/ ?[hjmyd]|p\. ?a\.?|p\.? ?m\.|monthly|yearly|annually|hourly|monatlich|jahrlich"
    r"|annuels?|mensuels?|annui|annu[oe]|mensili|anual|mensual|mensal)(?!\w)"
)
_AMOUNTS = (
    rf"{_CURRENCY} ?{_NUMBER}|\b(?:five|six|seven)[- ]figures?\b",
    rf"{_NUMBER}(?:-| )?{_CURRENCY}",
    rf"{_LARGE}\W{{0,3}}(?:{_GROSS}|{_PERIOD})",
    rf"\b{_GROSS}\W{{0,3}}(?:[a-z]+ )?{_LARGE}",
    rf"{_LARGE} ?[x×*] ?1[2-6]\b",
    r"\b\d{2,3}(?:[.,]\d\d)? ?(?:/ ?(?:h|hr|std|hour|day|d|tag|jour|jr|heure|ora|uur|hora)"
    r"|(?:per|an|a) (?:hour|uur)|pro stunde|par heure|de l['’]heure|all['’]ora|por hora)\b",
    r"\d\d\d ?[.,] ?[-–—]{1,2}(?!\w)",  # 7'500.- as the Swiss write francs
    r"(?<![\w.])\d{2,3}(?:[.,]\d)? ?k(?=\W*$|[ ,;.]*(?:[-–+/]|(?:plus|base|gross|net|per|a|and|und"
    r"|et|e|or|as|all|total|tc|ote|fix\w*|brut\w*|annu\w+|p\.?a|bis|to|pro|par)\b))",
)
_BUSINESS = re.compile(
    r"\b(?:budgets?|revenues?|quotas?|portfolios?|sales|deals?|arr|mrr|turnover|p&l|aum|funding"
    r"|projects?|umsatz\w*|chiffre d['’]affaires|fatturato|ventes|vendite|contracts?)\b"
)


def asks_for_pay(text: str) -> bool:
    """Say whether a text has a word for pay.

    >>> asks_for_pay("Vos prétentions ?"), asks_for_pay("How do you rate your English?")
    (True, False)
    """
    plain = _NO_PAY.sub("", _plain(text))
    return any(p.search(plain) is not None for p in (_words(), _RATE, _BARE_PACKAGE))


def states_amount(text: str) -> bool:
    """Say whether a text holds an amount of money, or a number that is gross, net or per month.

    >>> states_amount("95'000 CHF"), states_amount("6500 net par mois"), states_amount("5 years")
    (True, True, False)
    """
    return _amounts().search(_plain(text)) is not None


def offers_amount(text: str) -> bool:
    """Say whether a question names an amount that can be pay, and no budget or turnover."""
    return states_amount(text) and _BUSINESS.search(_plain(text)) is None


@cache
def _words() -> re.Pattern[str]:
    parts = (word for words in _WORDS.values() for word in words)
    return re.compile(rf"\b(?:{'|'.join(parts)})(?!\w)")


@cache
def _amounts() -> re.Pattern[str]:
    return re.compile("|".join(_AMOUNTS))


def _plain(text: str) -> str:
    return " ".join(fold(text).split())
