"""What helps to contribute names what there is: hooks, forms of issues, the workflow of policies."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from vanne.policy.load import text_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/howto/integrate.md").read_text()
POLICY = text_of("linkedin-2025-11-03")


def read(path: str) -> object:
    return yaml.safe_load((ROOT / path).read_text())


def test_hooks_of_the_project_are_commands_of_run() -> None:
    [repo] = read(".pre-commit-config.yaml")["repos"]
    for hook in repo["hooks"]:
        run, command, *_ = hook["entry"].split()
        assert (ROOT / run).is_file()
        assert shutil.which(command)


@pytest.mark.parametrize(("text", "code"), [("", 0), ("nonsense = 1\n", 78)])
def test_the_hook_for_others_refuses_a_policy_that_is_wrong(
    text: str, code: int, tmp_path: Path
) -> None:
    [hook] = read(".pre-commit-hooks.yaml")
    policy = tmp_path / "policy.toml"
    policy.write_text(text + POLICY)
    assert re.search(hook["files"], policy.name)
    done = subprocess.run(
        ["sh", "-c", f'{hook["entry"]} "$0" "$0"', str(policy)], capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr


def test_the_workflow_of_policies_refuses_what_permits_more(tmp_path: Path) -> None:
    [text] = [block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.S) if "jobs:" in block]
    steps = yaml.safe_load(text)["jobs"]["policy"]["steps"]
    commands = [step["run"] for step in steps if "run" in step and "pip" not in step["run"]]
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/mine.toml").write_text(POLICY)
    (tmp_path / "base.toml").write_text(text_of("linkedin-2024-09-18"))
    script = "\n".join(commands)
    script = re.sub(r"git show \S+", "cat base.toml", script)
    done = subprocess.run(["sh", "-ec", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "may be used" in done.stdout or "linkedin" in done.stdout


def test_forms_of_issues_ask_for_something_and_for_nothing_of_a_person() -> None:
    forms = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
    assert len(forms) == 4
    for path in forms:
        form = yaml.safe_load(path.read_text())
        if path.name == "config.yml":
            continue
        assert form["name"] and form["description"]
        fields = [field for field in form["body"] if field["type"] != "markdown"]
        assert fields and all(field["validations"]["required"] for field in fields)
        assert len({field["id"] for field in fields}) == len(fields)


def test_places_that_contributors_are_sent_to_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for link in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert (ROOT / link).exists(), link
