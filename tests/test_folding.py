"""One fold of text: what people spell differently is compared as one."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from tests.table import every
from vanne.folding import fold


@every(
    ("written", "folded"),
    [
        ("Øystein", "oystein"),
        ("Łukasz", "lukasz"),
        ("Œuvre", "oeuvre"),
        ("Đorđe", "dorde"),
        ("Þór", "thor"),
        ("Sigríður", "sigridur"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("l’été", "l'ete"),
        ("l'e\u0301te\u0301", "l'ete"),
        ("élu·e·s", "elu·e·s"),
        ("élu•e•s", "elu·e·s"),
        ("İstanbul", "istanbul"),
        ("ıssız", "issiz"),
        ("ﬁnance", "finance"),
        ("Zu\u00adrich", "zurich"),
        ("Ｆｕｌｌ", "full"),
        ("2012–2019", "2012-2019"),
        ("«Zürich»", '"zurich"'),
        ("ᴬ", "a"),
        ("Ǽ", "ae"),
        ("日本", "日本"),
        ("C++", "c++"),
    ],
)
def test_a_text_is_compared_without_case_and_accents(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text())
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_every_letter_that_is_folded_stays_as_it_is() -> None:
    folded = {fold(chr(number)) for number in range(sys.maxunicode + 1)}
    assert [letter for letter in folded if fold(letter) != letter] == []
