"""The inspection and its pages need no compiled package and no server, and say the same without."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from vanne.site.packs import written_packs

FOLDER = Path(__file__).parents[1] / "fixtures" / "linkedin"
REFUSED = (
    *("numpy", "pyarrow", "duckdb", "sqlalchemy", "cryptography", "torch"),
    *("pydantic", "pydantic_core"),
    *("starlette", "fastapi", "uvicorn", "click", "rich", "sqlglot"),
)
"""What no module may import on the way to a page: a browser has none of it."""
SCRIPT = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[2:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
if sys.argv[2:]:
    from vanne.site.packs import take_packs
    take_packs(sys.stdin.buffer.read())
from vanne.report.inspection import inspect
from vanne.web.inspection_pages import Visit, page_of
from vanne.words import LANGUAGES, words

skills = Path("Skills.csv")
skills.write_text("Name\\nWriting to ann@example.org or 020 7946 0123\\n")
found = inspect([Path(sys.argv[1]), skills], region="CH", as_of=datetime(2026, 1, 1, tzinfo=UTC))
places = ("/", "/items?q=a", "/guide/linkedin", "/guide/nobody")
pages = {}
for lang in LANGUAGES:
    for place in places:
        path, _, query = place.partition("?")
        asked = [tuple(query.split("="))] if query else []
        pages[lang + place] = page_of(found, Visit(path, asked, words(lang)))
loaded = sorted({module.partition(".")[0] for module in sys.modules})
print(json.dumps({**found.document(), "pages": pages, "loaded": loaded}))
"""


def inspected(folder: Path, *absent: str) -> dict[str, Any]:
    archive = FOLDER / "2026-complete"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, archive, *absent],
        cwd=folder,
        input=written_packs() if absent else b"",
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_the_inspection_and_its_pages_are_the_same_without_them(tmp_path: Path) -> None:
    light, whole = inspected(tmp_path, *REFUSED), inspected(tmp_path)
    loaded: list[str] = whole.pop("loaded")
    assert set(REFUSED) & set(loaded) <= {"pydantic", "pydantic_core"}  # which checks the packs
    light.pop("loaded")
    assert light == whole


def test_each_page_is_there_in_each_language(tmp_path: Path) -> None:
    pages = inspected(tmp_path, *REFUSED)["pages"]
    assert "Données pour l" in pages["fr/guide/linkedin"]
    assert "ann@example.org" in pages["de/items?q=a"]
    assert [place for place, page in pages.items() if page is None] == [
        f"{lang}/guide/nobody" for lang in ("fr", "en", "de", "it")
    ]
