"""What an inspection assumes where an archive says nothing."""

from vanne.words.message import Template

INSPECTION: dict[str, Template] = {
    "region-not-said": "the region is not known, so nothing is allowed: give it with --region",
    "age-not-said": "the archive does not say the member's age: assumed to be of age",
    "visibility-not-said": (
        "%(n)s item does not say who may see it: judged as if everybody might",
        "%(n)s items do not say who may see them: judged as if everybody might",
    ),
    "start-uncertain": "whether %(policy)s has started in your country is not certain: %(why)s",
    "country-not-named": "the policy does not name your country",
}
