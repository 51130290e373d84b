"""What a job posting says: the parts of schema.org's JobPosting that a match or a reader needs."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Pay:
    """What is paid, with the parts of schema.org's MonetaryAmount; or a `text`, as it was written.

    `least` and `most` are the same where one amount is named. `unit` is `year`, `month`, `week`,
    `day` or `hour`, if it is known.
    """

    text: str = ""
    currency: str = ""
    least: str = ""
    most: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """A job that is offered. `text` is plain, `asks` are requirements that came in own fields.

    `sites` are towns as they were written, `places` those of them that are known (by their values
    in `vanne_assist.brief.places`). `months` are of experience. `expires` is the first moment at
    which it is no longer open. `salary` is for the reader: nothing compares it.
    """

    posting_id: str
    title: str
    employer: str
    text: str
    lang: str
    asks: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    is_remote: bool = False
    months: float | None = None
    posted: date | None = None
    expires: datetime | None = None
    url: str | None = None
    kind: str | None = None
    salary: Pay | None = None

    def is_open(self, as_of: datetime) -> bool:
        """Say whether somebody can still apply at a time."""
        return self.expires is None or as_of < self.expires

    @property
    def workplaces(self) -> tuple[str, ...]:
        """Where one has to be: nowhere if work is remote."""
        return () if self.is_remote else self.places

    @property
    def whole(self) -> str:
        """Everything it says in words."""
        return "\n".join(part for part in (self.title, *self.asks, self.text) if part)
