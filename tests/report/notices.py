"""Policies for the small network that differ from the one in force, and notices of them."""

from datetime import datetime, timedelta
from pathlib import Path

from vanne.config import Home
from vanne.policy.load import text_of
from vanne.policy.schedule import PublishedNotice
from vanne.report.notice import check, draft, publish

LINKEDIN = text_of("linkedin-2025-11-03")
RULES = "purposes.generative-ai-training"


def wider(now: datetime, days: int = 30) -> str:
    """The policy in force, and what people searched for may be used, photos no more."""
    text = LINKEDIN.replace('name = "linkedin-2025-11-03"', 'name = "wider"', 1)
    text = text.replace("feedback = {", 'search = ["faq"]\nfeedback = {', 1)
    text = text.replace('photo = ["faq", "notice"]\n', "", 1)
    return text + f"\n[{RULES}.waiting]\nannounced = {now.date()}\ndays = {days}\n"


def stricter() -> str:
    """The policy in force, and photos are not used any more."""
    text = LINKEDIN.replace('name = "linkedin-2025-11-03"', 'name = "stricter"', 1)
    return text.replace('photo = ["faq", "notice"]\n', "", 1)


def written(folder: Path, text: str) -> str:
    """Write a policy into a file; return its path."""
    path = folder / "new.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def announce(home: Home, text: str, now: datetime, name: str | None = None) -> PublishedNotice:
    """Publish a policy, whatever goes from no to yes in it."""
    made = draft(home, text, "new.toml", now, name)
    check(made, "new.toml", accepted=True)
    return publish(home, made)


def day_after(notice: PublishedNotice) -> datetime:
    """A time at which the notice holds."""
    return notice.effective_at + timedelta(days=1)
