"""Items as a purpose may read them, made of the fields that an archive has."""

from vanne.fields import as_json, ordered
from vanne_assist.brief.criteria import Passage


def passage(item_id: str, category: str, lang: str | None = "en", **fields: str) -> Passage:
    said = as_json(ordered(category, fields))
    return Passage.of({"item_id": item_id, "category": category, "lang": lang, "fields": said})


def prose(category: str, text: str, lang: str | None = None, item_id: str = "i1") -> Passage:
    return Passage(item_id, category, text, lang)
