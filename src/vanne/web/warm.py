"""Load what every reader needs before its first request: the pages, and the tables that read texts.

Importing this module does the work; the tables stay in memory after their first use. Nothing that
is loaded comes from a home.
"""

import vanne.web.app  # noqa: F401
from vanne import plugins
from vanne.screening import KINDS, redact

redact("Nurse in Bern, earned CHF 90'000 in 2020; Infirmière, 90'000 francs.", KINDS)
for pages in plugins.pages():
    if pages.warm_up:
        pages.warm_up()
