"""`vanne draft` as people type it."""

import json
from pathlib import Path

from tests.assist.model_server import Model, serving
from tests.conftest import Run

GOOD = "Requests became faster. We moved our billing to Python, and it was worth it."
MARKED = "Requests became 40% faster. We moved our billing to Python."
ANSWERS = ("--what", "I moved our billing to Python", "--result", "Requests became faster")


def home_with(folder: Path, model: Model) -> Path:
    folder.mkdir()
    text = f'base_url = "{model.url}"\nmodel = "small"\ndrafts = 2\nattempts = 1\n'
    (folder / "writing.toml").write_text(text)
    return folder


def test_without_a_back_end_posts_are_put_together(vanne: Run) -> None:
    done = vanne("draft", "post", *ANSWERS, "--lang", "en", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0 and document["schema"] == "vanne/drafts/1"
    (built,) = document["built"]
    assert built["text"] == "I moved our billing to Python.\n\nRequests became faster."
    assert document["wanting"] == document["drafts"] == [] and document["model"] is None


def test_answers_that_are_no_sentences_make_no_post_and_it_is_said_why(vanne: Run) -> None:
    done = vanne("draft", "post", "--what", "new job", "--number", "5.6", "--lang", "en")
    assert done.returncode == 0 and "As a story" not in done.stdout
    assert "No post can be made of these answers yet" in done.stdout
    assert "“new job” is no whole sentence." in done.stdout
    assert "“5.6” stands alone" in done.stdout


def test_drafts_of_a_server_are_shown_with_what_to_check(vanne: Run, tmp_path: Path) -> None:
    with serving() as model:
        model.replies = [GOOD, MARKED]
        home = home_with(tmp_path / "h", model)
        done = vanne("draft", "post", *ANSWERS, "--lang", "en", "--home", home)
    assert done.returncode == 0
    assert GOOD in done.stdout and "You did not give the figure" in done.stdout
    assert done.stdout.count("Written by AI") == 2 and done.stdout.count("   Check this:") == 1


def test_a_back_end_that_is_down_leaves_the_rest_standing(vanne: Run, tmp_path: Path) -> None:
    with serving() as model:
        home = home_with(tmp_path / "h", model)
    done = vanne("draft", "post", *ANSWERS, "--lang", "en", "--home", home)
    assert done.returncode == 0 and "As a story" in done.stdout
    assert done.stderr.strip().startswith("vanne: no more drafts: the back end cannot be reached")


def test_what_cannot_be_used_is_one_line(vanne: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "writing.toml").write_text("drafts = 12")
    for code, arguments in (
        (65, ("post", "--topic", " ")),
        (65, ("post", "--what", "x" * 5000)),
        (2, ("post", *ANSWERS, "--lang", "nl")),
        (78, ("post", *ANSWERS, "--home", tmp_path / "wrong")),
        (69, ("profile", "anna", "--home", tmp_path / "nowhere")),
    ):
        done = vanne("draft", *arguments)
        assert done.returncode == code, done.stderr
        assert done.stdout == "" and done.stderr.count("\n") == 1


def test_the_coach_reads_standard_input(vanne: Run) -> None:
    done = vanne(
        "draft", "post", "--check", "-", "--lang", "de", input="Wir nutzen Synergien mit 3 Leuten."
    )
    assert "«Synergien» sagt wenig: vielleicht «zusammen arbeiten»." in done.stdout
