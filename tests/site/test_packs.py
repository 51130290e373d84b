"""The packs of the page are whole. That each build has the same bytes is told of the page."""

import pickle

from vanne.packs import working
from vanne.report.guide import load_guide
from vanne.site.packs import written_packs
from vanne.sources.readers import kinds_of


def test_they_say_what_the_files_say() -> None:
    checked = pickle.loads(written_packs())
    own = [pack for pack in working() if pack.origin == "Vanne"]
    assert "linkedin" in checked and list(checked) == [pack.key for pack in own]
    for pack in own:
        assert checked[pack.key].facts == pack.facts
        assert list(checked[pack.key].kinds) == kinds_of(pack)
        assert checked[pack.key].guide == (load_guide(pack.key) if pack.guide else None)
