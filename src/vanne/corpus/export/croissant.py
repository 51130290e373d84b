"""Describe an export in Croissant 1.1 (MLCommons), with what its RAI extension asks for.

Made from the record of the export alone, as the card is. `mlcroissant` reads the rows by it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vanne.corpus.export.card import Publisher

_OURS = (
    "arrayShape citeAs column containedIn equivalentProperty extract field fileObject fileProperty "
    "fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet "
    "references regex repeated replace samplingRate separator source subField transform"
)
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{name: f"cr:{name}" for name in _OURS.split()},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
}
"""The context that the specification gives."""
_SHARDS = "shards"
_COLUMNS = {
    "key": ("sc:Text", "names the row in this export and in later ones, and nobody"),
    "category": ("sc:Text", "what kind of item it is"),
    "lang": ("sc:Text", "the language, or nothing"),
    "text": ("sc:Text", "what the item says, after screening"),
    "photo": ("sc:ImageObject", "the picture, without anything but its pixels"),
}


def croissant(
    document: Mapping[str, Any], publisher: Publisher, folder: str, columns: list[str]
) -> str:
    """Return the description of an export, whose shards lie in `folder` and have these columns."""
    policy, shards = document["policy"], document["shards"]
    whole = {
        "@type": "cr:FileSet",
        "@id": _SHARDS,
        "name": _SHARDS,
        "encodingFormat": "application/x-parquet",
        "includes": f"{folder}/*.parquet",
    }
    record = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": publisher.title,
        "description": f"{document['counts']['written']:,} items of members of a social network "
        f"that may be used for {document['purpose']}, by the policy {policy['name']} and the "
        f"choices of those concerned as of {document['as_of']}.",
        "version": "1.0.0",
        "identifier": document["corpus"],
        "datePublished": f"{datetime.fromisoformat(document['as_of']):%Y-%m-%d}",
        "license": publisher.licence,
        "url": f"urn:sha256:{document['corpus']}",
        "citeAs": f"{publisher.title}, corpus {document['corpus']}",
        "creator": {"@type": "sc:Organization", "name": publisher.name},
        "isLiveDataset": True,
        "rai:personalSensitiveInformation": "Personal data of the network's members. What was "
        "taken out of the texts, and how well, is in README.md.",
        "rai:dataCollection": "Decided item by item against a policy and a ledger of choices, "
        f"which had the root {document['ledger']['root']}.",
        "rai:dataReleaseMaintenancePlan": "An opt-out after this date is in a later export, whose "
        "removed.jsonl names the rows to delete.",
        "distribution": [*(_shard(each, folder) for each in shards), whole] if shards else [],
        "recordSet": [_rows(columns)] if shards else [],
    }  # fmt: skip
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def _shard(shard: Mapping[str, Any], folder: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": shard["name"],
        "name": shard["name"],
        "contentUrl": f"{folder}/{shard['name']}",
        "contentSize": f"{shard['bytes']} B",
        "encodingFormat": "application/x-parquet",
        "sha256": shard["sha256"],
    }


def _rows(columns: list[str]) -> dict[str, Any]:
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"items/{name}",
            "name": name,
            "description": _COLUMNS[name][1],
            "dataType": _COLUMNS[name][0],
            "source": {"fileSet": {"@id": _SHARDS}, "extract": {"column": name}},
        }
        for name in columns
    ]
    key = {"@id": "items/key"}
    return {"@type": "cr:RecordSet", "@id": "items", "name": "items", "key": key, "field": fields}
