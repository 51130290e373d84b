"""The policy in Cedar (cedarpy, batched).

One forbid per reason, in their order: the first that determined the answer is the reason. Cedar has
no loop over other people, so what they say is worked out for it here, outside of what counts.
"""

from pathlib import Path

import cedarpy
import facts
import rules

IN_ONE = 1000
SOMEBODY = {"principal": 'User::"trainer"', "action": 'Action::"train"', "resource": 'Item::"i"'}


def refuses(person: facts.Facts, item: facts.Facts) -> bool:
    """Say whether another person in the item, a member, does not permit it."""
    if not person["member"]:
        return False
    adult, region = person.get("adult"), person.get("region")
    unsuited = region not in rules.REGIONS or region in rules.NOT_STARTED or person["signed"]
    unsuited = unsuited or adult is None or adult > rules.AS_OF.timestamp()
    made = "created" in item and adult is not None and item["created"] < adult
    waits = region in rules.OFF_SINCE_2025 and not person["on"]
    return unsuited or made or off(person) or waits


def off(person: facts.Facts) -> bool:
    """Say whether somebody is off in any way."""
    return bool(person["off"] or person["off_category"] or person["off_item"])


def context(item: facts.Facts) -> facts.Facts:
    """Return what Cedar is told."""
    others = item["others"]
    told = {key: value for key, value in item.items() if key not in ("id", "others")}
    return told | {
        "author_refuses": any(p["wrote"] and refuses(p, item) for p in others),
        "subject_refuses": any(not p["wrote"] and refuses(p, item) for p in others),
        "objected": any(not p["member"] and off(p) for p in others),
    }


def code(result: cedarpy.AuthzResult) -> int:
    """Return the first forbid that determined the answer: their numbers are the codes."""
    if result.diagnostics.errors:
        raise ValueError(result.diagnostics.errors)
    return min(int(name.removeprefix("policy")) for name in result.diagnostics.reasons)


def main() -> None:
    """Write the codes of a sample; only the judging counts."""
    given = rules.arguments()
    sample = facts.sampled(given)
    text = Path(__file__).with_name("policy.cedar").read_text(encoding="utf-8")
    text = text.replace("@REGIONS@", ", ".join(f'"{region}"' for region in rules.REGIONS))
    text = text.replace("@AS_OF@", str(int(rules.AS_OF.timestamp())))
    text = text.replace("@WINDOW@", str(int(rules.WINDOW.timestamp())))
    policies, nobody = cedarpy.PolicySet.from_str(text), cedarpy.Entities.from_json_str("[]")
    requests = [SOMEBODY | {"context": context(item)} for item in sample]
    start = rules.cpu_seconds()
    codes: list[int] = []
    for at in range(0, len(requests), IN_ONE):
        codes += map(
            code, cedarpy.is_authorized_batch(requests[at : at + IN_ONE], policies, nobody)
        )
    used = rules.cpu_seconds() - start
    facts.write(given.out, sample, codes)
    rules.say(start_cpu_s=start, work_cpu_s=used, rows=len(sample))


if __name__ == "__main__":
    main()
