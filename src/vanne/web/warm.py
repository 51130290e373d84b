"""What every worker begins with: the pages, and the tables by which texts are read.

To import this module reads them: each is kept in memory when it is first used. Nothing of a home is
among them, and a package that is not installed is missed by whoever needs it.
"""

from contextlib import suppress

import vanne.web.app  # noqa: F401
from vanne.errors import VanneError
from vanne.report.words import LANGUAGES
from vanne.screening import KINDS, redact
from vanne_assist.brief.parse import read_brief
from vanne_assist.search.meaning import embed
from vanne_assist.writing.coach import coach

_TEXTS = {
    "en": "Nurse in Bern since 2015, speaks French, earned CHF 90'000 in 2020.",
    "fr": "Infirmière à Berne depuis 2015, parle allemand, 90'000 francs en 2020.",
    "de": "Pflegefachfrau in Bern seit 2015, spricht Italienisch, 90'000 Franken 2020.",
    "it": "Infermiera a Berna dal 2015, parla francese, 90'000 franchi nel 2020.",
}

for lang in LANGUAGES:
    read_brief(_TEXTS[lang], lang)
    redact(_TEXTS[lang], KINDS)
    coach(_TEXTS[lang], lang)
with suppress(VanneError):
    embed([_TEXTS["en"]])
