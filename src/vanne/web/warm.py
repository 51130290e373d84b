"""What every worker begins with: the pages, and the tables by which texts are read.

To import this module reads them: each is kept in memory when it is first used. Nothing of a home is
among them, and a package that is not installed is missed by whoever needs it.
"""

import vanne.web.app  # noqa: F401
from vanne import plugins
from vanne.screening import KINDS, redact

redact("Nurse in Bern, earned CHF 90'000 in 2020; Infirmière, 90'000 francs.", KINDS)
for pages in plugins.pages():
    if pages.warm_up:
        pages.warm_up()
