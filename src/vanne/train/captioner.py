"""A model that reads a photo: a frozen image encoder, a projection, a frozen language model.

    photo -> features (1280) -> projection -> PREFIX embeddings, put between the begin mark and the
    headline

Only the projection is trained (ClipCap: Mokady et al., 2021, arXiv 2111.09734, with one linear
layer; LLaVA: Liu et al., 2023, arXiv 2304.08485). Because it is linear, the mean of the shards'
projections is exactly the mean of what they give. Features are computed anew whenever a photo is
read, one photo at a time, and kept nowhere.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from vanne.corpus.photos import Pixels, read_photo
from vanne.errors import BusyError, InputError
from vanne.train.base import find_base, load_base
from vanne.train.encoder import FEATURES, features_of, load_encoder
from vanne.train.environment import exactly
from vanne.train.model import Model
from vanne.train.settings import TrainingSettings
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer, Example

PREFIX = 4
"""Embeddings that stand for a photo."""


def captioner(causal: Any) -> Any:
    """Return a language model that is shown photos; its one trainable part is `projection`.

    A weight of size 1 gives embeddings of the size that the model's own have.
    """
    import torch

    class Captioner(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            table = causal.get_input_embeddings().weight
            self.causal, self.encoder = causal, load_encoder()
            self.projection = torch.nn.Linear(FEATURES, PREFIX * table.shape[1])
            self.scale = float(table.float().square().mean().sqrt()) / math.sqrt(FEATURES)

        def forward(self, rows: Any, photos: Sequence[Pixels]) -> Any:
            """Return the logits (rows, width, words) of padded rows, each behind its photo."""
            embedded = causal.get_input_embeddings()(rows)
            if photos:
                features = torch.cat([features_of(self.encoder, photo) for photo in photos])
                normal = torch.nn.functional.layer_norm(features, (FEATURES,))
                prefix = (self.projection(normal) * self.scale).view(len(rows), PREFIX, -1)
                begin, rest = embedded[:, :1], embedded[:, 1:]
                embedded = torch.cat([begin, prefix.to(embedded.dtype), rest], 1)
            logits = causal(inputs_embeds=embedded, use_cache=False).logits
            return logits[:, PREFIX:] if photos else logits

    return Captioner()


def photos_of(batch: Sequence[Example]) -> list[Pixels]:
    """Read the photos of some examples.

    Raises:
        BusyError: a photo is not the one that the plan saw.
    """
    photos = []
    for example in batch:
        if example.photo is None:
            raise InputError(
                "a text without a photo is in a training of photos",
                todo="leave `encoder` out of train.toml; `vanne train --photos` sets it",
            )
        path, digest = Path(example.photo[0]), example.photo[1]
        photo = None
        with suppress(InputError):
            photo = read_photo(path.parent, path.name)
        if photo is None or photo.digest.hex() != digest:
            raise BusyError("a photo was changed during the training", todo="run this again")
        photos.append(photo)
    return photos


class PhotoModel:
    """A trained model of photos, in memory."""

    def __init__(self, model: Any, tokens: BaseTokenizer, settings: TrainingSettings) -> None:
        """Take a captioner and its tokenizer."""
        self._model, self._tokens, self._settings = model, tokens, settings

    def loss(self, headlines: Sequence[str], photos: Sequence[Pixels]) -> float:
        """Return the mean loss per token (nats) of headlines behind photos; or without any."""
        import torch

        from vanne.train.loop import summed_loss

        total = count = 0.0
        with exactly(self._settings), torch.inference_mode():
            for number, row in enumerate(self._tokens.encode(headlines)):
                loss, labels = summed_loss(self._model, [row], photos[number : number + 1])
                total, count = total + float(loss), count + labels
        return total / count

    def headline(self, photo: Pixels, max_new_tokens: int = 32) -> str:
        """Return the likeliest headline of a photo, word by word (greedy)."""
        import torch

        ids = self._tokens.prompt("")
        with exactly(self._settings), torch.inference_mode():
            for _ in range(max_new_tokens):
                likeliest = int(self._model(torch.tensor([ids]), [photo])[0, -1].argmax())
                if likeliest == self._tokens.end:
                    break
                ids.append(likeliest)
        return self._tokens.decode(ids[1:])


def load_photo_model(store: Path, model: Model) -> PhotoModel:
    """Load the mean of the shards' projections.

    Raises:
        VerificationError: a checkpoint does not have the digest that the lineage records.
    """
    import torch

    place = ModelStore(store)
    last = [notes[-1] for notes in model.shards.values()]
    shards = [place.load(note.key, note.sha256) for note in last]
    base = find_base(model.settings)
    photo_model = captioner(load_base(base))
    with torch.no_grad():
        for name, parameter in photo_model.projection.named_parameters():
            tensors = [tensors[f"projection.{name}"] for tensors in shards]
            parameter.copy_(sum(tensors) / len(tensors))
    return PhotoModel(photo_model, BaseTokenizer(base, model.settings.max_tokens), model.settings)
