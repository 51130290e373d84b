"""The benchmark's policy as somebody would write it down by hand, for every peer.

It says what `benchmarks/policy.toml` says, and is written without Vanne: peers run in an
environment that does not have it.
"""

import resource
import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, date, datetime

import http_sf

PURPOSE = "generative-ai-training"
AS_OF = datetime(2026, 1, 15, tzinfo=UTC)
WINDOW = datetime(2012, 1, 1, tzinfo=UTC)
ADULT_YEARS = 18
SIGN = "secondary-school"
VISIBLE = ("public", "connections")
SENSITIVE = ("health", "religion", "union")
NEVER = ("private_message", "salary", "credential", "payment")
LISTED = (
    "profile photo position education skill cv post article comment recommendation group_post"
).split()
NOT_LISTED = (
    "poll_vote group_message screening_answer ai_prompt ai_output feedback reaction follow search "
    "learning job_search contact account identity inference"
).split()

EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
ON_SINCE_2025 = (*EU, "CH", "GB")
OFF_SINCE_2025 = ("CA", "HK")  # the purpose has started there; who wants it switches it on
NOT_STARTED = ("CN", "JP")
REGIONS = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ
    BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM
    DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS
    GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
    KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ
    MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
    VN VU WF WS YE YT ZA ZM ZW
""".split()

REASONS = """
    allowed category-never category-not-listed category-unknown member-unknown region-unknown
    region-not-started minor age-unknown made-as-minor outside-window visibility-not-listed
    sensitive off off-category off-item off-by-default author-refuses subject-refuses objection
    reservation unreadable
""".split()
CODE = {reason: code for code, reason in enumerate(REASONS)}

TRAINING_KEYS = {"train-ai", "train-genai", "genai", "ai", "tdm", "bots", "all"}
OTHER_KEYS = {"search", "inference", "ai-use", "ai-output"}


def spoken(reservation: str | None) -> int:
    """Return the code for what a reservation says: there are few different ones."""
    if reservation is None:
        return 0
    try:
        stated = http_sf.parse(reservation.encode("ascii"), tltype="dictionary")
    except (ValueError, UnicodeEncodeError):
        return CODE["unreadable"]
    if not stated.keys() <= TRAINING_KEYS | OTHER_KEYS:
        return CODE["unreadable"]
    said = {str(stated[key][0]) for key in stated.keys() & TRAINING_KEYS}
    if "n" in said:
        return CODE["reservation"]
    return 0 if said <= {"y"} else CODE["unreadable"]


def adult_on(born: date) -> date:
    """Return the day of the 18th birthday: 1 March for who was born on 29 February."""
    if (born.month, born.day) == (2, 29):
        return date(born.year + ADULT_YEARS, 3, 1)
    return born.replace(year=born.year + ADULT_YEARS)


def arguments() -> Namespace:
    """Read the command line that every peer has."""
    parser = ArgumentParser()
    for name in ("items", "members", "choices", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--shape", default="codes")
    parser.add_argument("--as-of", type=datetime.fromisoformat, default=AS_OF)
    parser.add_argument("--only", help="decide the items again that these people are in")
    return parser.parse_args()


def cpu_seconds() -> float:
    """Return what this process has used so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def say(**values: object) -> None:
    """Tell the benchmark: one line of JSON on stdout."""
    import json

    sys.stdout.write(json.dumps(values) + "\n")
