"""The demo network's policy: LinkedIn's for training, and the three purposes of Vanne's tools.

They are what a network needs besides training: being found, job offers, help with writing.
Each has its own switch, and none changes what another does.
"""

from functools import cache

from vanne.policy import Policy
from vanne.policy.load import parse, text_of, with_purposes

BASE = "linkedin-2025-11-03"


@cache
def policy_text() -> str:
    """Return the TOML of the demo's policy: it says in its version that it says more."""
    return with_purposes(text_of(BASE))


def demo_policy() -> Policy:
    """Return the demo's policy."""
    return parse(policy_text(), file=f"{BASE}+demo")
