"""Learn the weights of `vanne.screening.pay` from labelled texts.

`./run python -m tests.screening.weigh` writes them anew; a test fails when they are not those of
the texts of now. Logistic regression with a Gaussian prior: a word must be worth more to count as
much as what is told of an amount itself.
"""

from collections import Counter
from pathlib import Path

import torch

from tests.screening.labelled import Labelled, labelled
from vanne.screening import Span, find
from vanne.screening.pay import MoneyAmount, amounts_in, places_of_words, signs, small_of

FOLDERS = ("labelled", "told")
"""The texts that teach; no others were looked at."""
TARGET = Path(__file__).parents[2] / "src/vanne/screening/weights.tsv"
_LEAST = 3
"""In how many texts a sign must be seen."""
_PRIOR, _WORDS = 6e-5, 0.7
_HUNDREDTHS = 100
_STEPS = 200


def texts() -> list[Labelled]:
    """Return the texts that teach."""
    return [each for folder in FOLDERS for each in labelled(folder)]


def learnt(told: list[Labelled]) -> dict[str, int]:
    """Return the weight of each sign, in hundredths of a logit."""
    seen, is_pay = [], []
    for each in told:
        small, others = small_of(each.text), [s for s in find(each.text) if s.kind != "salary"]
        amounts = amounts_in(small)
        near = places_of_words(small, amounts)
        pay = [mark for mark in each.marks if mark.kind == "salary"]
        for at, amount in enumerate(amounts):
            if not _touches(amount, others):
                is_pay.append(_touches(amount, pay))
                seen.append(set(signs(at, amounts, near)))
    often = Counter(sign for each in seen for sign in each)
    names = sorted(sign for sign, many in often.items() if many >= _LEAST)
    weights = _fitted(seen, names, is_pay)
    return {sign: round(_HUNDREDTHS * weight) for sign, weight in zip(names, weights, strict=True)}


def _touches(amount: MoneyAmount, spans: list[Span]) -> bool:
    return any(each.start < amount.end and amount.start < each.end for each in spans)


def _fitted(seen: list[set[str]], names: list[str], is_pay: list[bool]) -> list[float]:
    place = {sign: at for at, sign in enumerate(names)}
    pairs = [(row, place[s]) for row, each in enumerate(seen) for s in sorted(each) if s in place]
    rows, columns = torch.tensor(pairs).T
    wanted = torch.tensor(is_pay, dtype=torch.float64)
    prior = torch.tensor([_WORDS if s[0] in "<>~" else 1.0 for s in names], dtype=torch.float64)
    weights = torch.zeros(len(names), dtype=torch.float64, requires_grad=True)
    steps = torch.optim.LBFGS([weights], max_iter=_STEPS, line_search_fn="strong_wolfe")
    nothing = torch.zeros(len(seen), dtype=torch.float64)

    def loss() -> torch.Tensor:
        steps.zero_grad()
        score = nothing.index_add(0, rows, (weights * prior)[columns])
        found = torch.nn.functional.binary_cross_entropy_with_logits(score, wanted)
        found = found + _PRIOR * (weights**2).sum()
        found.backward()
        return found

    steps.step(loss)
    return (weights * prior).tolist()


def table(weights: dict[str, int]) -> str:
    """Return the file that holds the weights; those that come to nothing are left out."""
    return "".join(f"{sign}\t{weight}\n" for sign, weight in weights.items() if weight)


if __name__ == "__main__":
    TARGET.write_text(table(learnt(texts())), encoding="utf-8")
