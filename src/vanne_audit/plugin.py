"""What the audit of models attaches to the core (`vanne.plugins`)."""

from collections.abc import Sequence

from vanne.config import Home
from vanne.plugins import Command, Pages, hookimpl


@hookimpl
def register_commands() -> Sequence[Command]:
    """Attach the command."""
    summary = "Test whether a model remembers people; plant and withdraw canaries for it."
    return [Command("audit", summary, "vanne_audit.cli")]


@hookimpl
def register_pages() -> Pages:
    """Attach what auditors see."""
    from vanne_audit.web import PAGES

    return PAGES


@hookimpl
def model_findings(home: Home, version: str) -> Sequence[str]:
    """Say what the newest audit of a model found."""
    from vanne_audit.auditing import past_audits, sentences

    of_it = [audit for audit in past_audits(home) if audit["model"] == version]
    return sentences(of_it[0], "en") if of_it else ()
