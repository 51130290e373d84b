"""The demo network's policy: LinkedIn's for training, and four purposes of the demo's own.

They are what a network needs besides training: being found, job offers, help with writing, counting
whether the tools help. Each has its own switch, and none changes what another does.
"""

from functools import cache
from importlib.resources import files

from vanne.policy import Policy
from vanne.policy.load import parse, text_of

BASE = "linkedin-2025-11-03"
PURPOSES = ("recruiter-search", "job-matching", "writing-help", "usage-measurement")
"""What the demo adds."""


@cache
def policy_text() -> str:
    """Return the TOML of the demo's policy: it says in its version that it says more."""
    added = files("vanne.demo").joinpath("purposes.toml").read_text(encoding="utf-8")
    base = text_of(BASE)
    return base.replace('\nversion = "1"\n', '\nversion = "1+demo"\n', 1) + added


def demo_policy() -> Policy:
    """Return the demo's policy."""
    return parse(policy_text(), file=f"{BASE}+demo")
