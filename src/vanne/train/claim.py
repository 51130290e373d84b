"""What is claimed of a model, in the words that its certificate carries."""

from vanne.train.model import Model

_SAME_BITS = (
    "The adapters named here have the same bits as if the model had been trained, under the same "
    "configuration (settings, ground, base model, environment, placement of members), on {corpus}; "
    "the checkpoints named as dropped are deleted."
)
_SAME_TRAINING = (
    "The adapters named here were trained on {corpus}, and so was everything that they set out "
    "from. They come from {places} environments (processor, libraries), which the lineage names: "
    "a training in a single one may give other bits, and the same bits are not claimed. The "
    "checkpoints named as dropped are deleted."
)
ALL = "the corpus `after` alone, without the items that left it"


def claim_of(model: Model, corpus: str = ALL) -> str:
    """Return the claim: the same bits where all was made in one environment, else what is left.

    `corpus` says in words what the model was trained on.
    """
    places = len(model.environments)
    return (_SAME_BITS if places == 1 else _SAME_TRAINING).format(corpus=corpus, places=places)
