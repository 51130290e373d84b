"""The shell completes what a person began to type: commands, and the names that Vanne knows."""

from pathlib import Path

import pytest

from tests.conftest import Run

TABLES = Path(__file__).parents[2] / "examples" / "tables"


@pytest.fixture
def offered(vanne: Run, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Ask for what completes a line, as bash does."""

    def ask(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_VANNE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        done = vanne()
        monkeypatch.delenv("_VANNE_COMPLETE")
        assert done.stderr == ""
        return [row.partition(",")[2] for row in done.stdout.splitlines() if row]

    return ask


def test_names_that_vanne_knows_are_offered(offered) -> None:  # type: ignore[no-untyped-def]
    assert offered("vanne insp") == ["inspect"]
    assert offered("vanne guide Link") == ["linkedin"]
    assert "linkedin-2025-11-03" in offered("vanne decide --policy linkedin-2025")
    of_policy = "vanne decide --policy linkedin-2025-11-03 --purpose gen"
    assert offered(of_policy) == ["generative-ai-training"]
    assert offered("vanne choose ada off --category pos") == ["position", "post"]


def test_members_and_purposes_of_the_home_are_offered(offered, vanne: Run) -> None:  # type: ignore[no-untyped-def]
    assert offered("vanne report a") == []  # there is no home yet, and nothing is said
    vanne("corpus", "init", "--policy", "linkedin-2025-11-03", "--members", TABLES / "members.csv")
    assert offered("vanne report a") == ["ada"]
    assert offered("vanne choose --home vanne-home b") == ["bruno"]
    assert offered("vanne corpus build --purpose g") == ["generative-ai-training"]
