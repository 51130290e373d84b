"""Say of a text that a machine had a part in it, in words that other programs read.

The vocabulary is IPTC's digital source types: `compositeWithTrainedAlgorithmicMedia` for a draft
that rests on a member's own words, `trainedAlgorithmicMedia` for one that does not. What a member
wrote, with our forms and templates or without, gets no such mark. HTML carries it as schema.org's
`digitalSourceType`, Markdown in its front matter, JSON as it is. Plain text has no place for it:
there the mark is a file beside the text.
"""

import html
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

SourceType = Literal["trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"]
_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SCHEMA_ORG = {
    "trainedAlgorithmicMedia": "TrainedAlgorithmicMediaDigitalSource",
    "compositeWithTrainedAlgorithmicMedia": "CompositeWithTrainedAlgorithmicMediaDigitalSource",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Which model wrote with which prompt, and when."""

    source_type: SourceType
    model: str
    prompt: str
    at: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return the mark as JSON holds it."""
        return {
            "schema": "vanne/ai-mark/1",
            "ai_written": True,
            "digital_source_type": _IPTC + self.source_type,
            "model": self.model,
            "prompt": self.prompt,
            "at": self.at.isoformat(),
        }


def in_html(text: str, mark: Mark | None, lang: str) -> str:
    """Return a page with a text and its mark as JSON-LD."""
    paragraphs = "".join(f"<p>{html.escape(each)}</p>\n" for each in text.split("\n\n"))
    data: dict[str, Any] = {"@context": "https://schema.org", "@type": "SocialMediaPosting"}
    data["inLanguage"] = lang
    if mark:
        data["digitalSourceType"] = f"https://schema.org/{_SCHEMA_ORG[mark.source_type]}"
    written = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    head = f'<meta charset="utf-8">\n<script type="application/ld+json">{written}</script>\n'
    return f'<!doctype html>\n<html lang="{lang}">\n{head}{paragraphs}</html>\n'


def in_markdown(text: str, mark: Mark | None) -> str:
    """Return a text with its mark as front matter."""
    if mark is None:
        return text + "\n"
    lines = [f"{key}: {json.dumps(value)}" for key, value in mark.as_dict().items()]
    return "\n".join(["---", *lines, "---", "", text, ""])
