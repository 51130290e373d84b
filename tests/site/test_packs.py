"""The packs of the page: whole, and the same bytes in each build."""

import pickle
import subprocess
import sys

from vanne.packs import working
from vanne.report.guide import load_guide
from vanne.site.packs import written_packs
from vanne.sources.readers import kinds_of

SCRIPT = """
import sys
from vanne.site.packs import written_packs
sys.stdout.buffer.write(written_packs())
"""


def test_they_say_what_the_files_say() -> None:
    checked = pickle.loads(written_packs())
    own = [pack for pack in working() if pack.origin == "Vanne"]
    assert "linkedin" in checked and list(checked) == [pack.key for pack in own]
    for pack in own:
        assert checked[pack.key].facts == pack.facts
        assert list(checked[pack.key].kinds) == kinds_of(pack)
        assert checked[pack.key].guide == (load_guide(pack.key) if pack.guide else None)


def test_each_build_has_the_same_bytes() -> None:
    builds = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert builds[0] == builds[1] == written_packs()
