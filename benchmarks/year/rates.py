"""How many people say no in a year, and when: published figures, and what is made of them.

Nobody has published how many members of a network object to the training of an AI. The three
scenarios are the nearest that somebody has counted; a survey says what people would want, were they
asked. How the year's leavers are spread over its days is a guess after the same sources: a notice
makes people look, then it becomes quiet.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAYS = 365
BURST_DAYS, BURST_SHARE = 30, 0.5
"""Half of the year's leavers in the first thirty days, the others evenly over the year.

England, June 2021: 1.34 million national data opt-outs in the thirty days before a deadline, after
1.58 million in all years before. Australia, 2018: 0.9 of 2.5 million in the first eight weeks."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A share of the members that leaves within a year, and who has counted it."""

    share: float
    source: str


SCENARIOS = {
    "low": Scenario(
        0.000137,
        "137 requests a year per million identities, 63 of them «do not sell» (DataGrail, *The "
        "State of CCPA*, 2020; reported by MediaPost, 361991)",
    ),
    "middle": Scenario(
        0.022,
        "from 2.77 % to 4.97 % of England's patients within June 2021 (NHS national data opt-out; "
        "BJGP Open 2024, BJGPO.2024.0020)",
    ),
    "high": Scenario(
        0.098,
        "2.5 of 25.5 million in the opt-out period of My Health Record, 2018 to January 2019 "
        "(Australian Digital Health Agency before the Senate)",
    ),
}
"""If all who do not want it left, it would be 66 % (noyb and Gallup, Meta users in Germany, 2025):
then everything is trained again every night of the first month, wherever people were placed."""


def leaving_days(leavers: int, dice: np.random.Generator) -> NDArray[np.int64]:
    """Return on which day of the year each leaver says no."""
    burst = dice.random(leavers) < BURST_SHARE
    return np.where(burst, dice.integers(0, BURST_DAYS, leavers), dice.integers(0, DAYS, leavers))
