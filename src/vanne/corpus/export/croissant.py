"""Describe an export for machines: Croissant 1.1 (MLCommons), with the checksum of each shard.

The terms of its extension for responsible AI say how the rows were chosen and are withdrawn.
"""

from collections.abc import Mapping
from typing import Any

from vanne.corpus.export.card import (
    Publisher,
    copies_text,
    is_photos,
    photos_text,
    removal_text,
    taken_out_text,
    what_text,
)
from vanne.corpus.export.shards import DATA, SUFFIX

_MEDIA_TYPE = {
    "parquet": "application/x-parquet",
    "jsonl": "application/jsonlines",
    "webdataset": "application/x-tar",
    "vision": "application/jsonlines",
}

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that Croissant 1.1 recommends."""


def croissant(document: Mapping[str, Any], publisher: Publisher) -> dict[str, Any]:
    """Return the description, with the terms of the extension for responsible AI."""
    media_type, suffix = _MEDIA_TYPE[document["kind"]], SUFFIX[document["kind"]]
    files = [
        {
            "@type": "cr:FileObject",
            "@id": f"{DATA}/{shard['name']}",
            "name": shard["name"],
            "contentUrl": f"{DATA}/{shard['name']}",
            "contentSize": f"{shard['bytes']} B",
            "encodingFormat": media_type,
            "sha256": shard["sha256"],
        }
        for shard in document["shards"]
    ]
    # Rows are read from the shards themselves, or from the files in them.
    sets = [_set("shards", media_type, f"{DATA}/*.{suffix}")]
    if document["kind"] == "webdataset":
        inside = [{"@id": file["@id"]} for file in files]
        sets = [_set("records", "application/json", "*.json") | {"containedIn": inside}]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": "vanne-export",
        "alternateName": publisher.title,
        "description": what_text(document),
        "license": publisher.licence,
        "url": f"urn:vanne:corpus:{document['corpus']}",
        "creator": {"@type": "Organization", "name": publisher.name},
        "datePublished": document["as_of"],
        "version": "1.0.0",
        "citeAs": f"Export of the corpus {document['corpus']}",
        "inLanguage": [code for code in document["languages"] if code != "unknown"],
        "isLiveDataset": False,
        **_responsible(document),
        "distribution": [*files, *sets],
        "recordSet": [_records(document)],
    }


def _responsible(document: Mapping[str, Any]) -> dict[str, Any]:
    policy = document["policy"]
    cleaned = [photos_text(document)] if is_photos(document) else []
    return {
        "rai:dataCollectionType": ["User-generated content data"],
        "rai:dataCollection": f"Items of a network's members that the policy {policy['name']} "
        f"(sha256 {policy['digest']}) and each member's choices allow for {document['purpose']}.",
        "rai:dataPreprocessingProtocol": [
            taken_out_text(document),
            copies_text(document).partition("\n\n")[2],
            *cleaned,
        ],
        "rai:personalSensitiveInformation": [
            "Personal data of members of a social network. What was taken out of the texts, and "
            "how much of it screening finds, stands in rai:dataPreprocessingProtocol.",
            *(["Photos, which may show people's faces."] if cleaned else []),
        ],
        **({"rai:dataLimitations": [_NO_FACES]} if cleaned else {}),
        "rai:dataReleaseMaintenancePlan": removal_text(document).partition("\n\n")[2],
        "rai:dataUseCases": [document["purpose"]],
    }


_NO_FACES = (
    "Not to be used for face recognition, or for templates of faces or bodies. Cleaned of location "
    "and of all else that files say beside the pixels."
)


def _set(name: str, media_type: str, includes: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "encodingFormat": media_type,
        "includes": includes,
    }


def _records(document: Mapping[str, Any]) -> dict[str, Any]:
    names = ["key", "category", "lang", *(["owner"] if document["with_owner"] else []), "text"]
    if document["kind"] == "webdataset":
        fields = [_from_file("key", "filename", r"(.*)\.json"), _from_file("record", "content")]
    elif document["kind"] == "vision":
        fields = [_field("messages", "shards", {"extract": {"column": "messages"}})]
    else:
        fields = [_field(name, "shards", {"extract": {"column": name}}) for name in names]
    return {
        "@type": "cr:RecordSet",
        "@id": "rows",
        "name": "rows",
        **({} if document["kind"] == "vision" else {"key": {"@id": "rows/key"}}),
        "field": fields,
    }


def _from_file(name: str, file_property: str, regex: str | None = None) -> dict[str, Any]:
    transform = {"transform": {"regex": regex}} if regex else {}
    return _field(name, "records", {"extract": {"fileProperty": file_property}} | transform)


def _field(name: str, file_set: str, source: dict[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"rows/{name}",
        "name": name,
        "description": _MEANING[name],
        "dataType": "sc:Text",
        "source": {"fileSet": {"@id": file_set}} | source,
    }


_MEANING = {
    "key": "Names the row in keys.txt and removed.jsonl: what to delete when it is taken back.",
    "category": "What kind of member data it is.",
    "lang": "The language, as the network's table says it; may be unknown.",
    "owner": "The member's id.",
    "text": "The text.",
    "messages": "A question with the photo, and the headline as the answer, in JSON.",
    "record": "Category, language, text and key of a photo, which lies beside it in the archive.",
}
