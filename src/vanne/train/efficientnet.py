"""EfficientNet-Lite0 without weights: its parts have the names that the package's file has.

Tan and Le, 2019, arXiv 1905.11946; the Lite variants have no squeeze-and-excitation, and ReLU6.
torch is imported with this module: `encoder` imports it when an encoder is loaded.
"""

from typing import Any

from torch import nn
from torch.nn.functional import pad, relu6

from vanne.train.encoder import FEATURES

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


class Convolution(nn.Conv2d):
    """A convolution that pads as TensorFlow's `SAME` does: the odd pixel right and below."""

    def forward(self, x: Any) -> Any:
        kernel, stride = self.kernel_size[0], self.stride[0]
        spare = [max(0, (-(-n // stride) - 1) * stride + kernel - n) for n in x.shape[-2:]]
        (top, left) = (n // 2 for n in spare)
        return super().forward(pad(x, (left, spare[1] - left, top, spare[0] - top)))


def _norm(channels: int) -> Any:
    return nn.BatchNorm2d(channels, eps=_EPSILON)


class Block(nn.Module):
    """An inverted residual: expand, look around in each channel, project."""

    def __init__(self, inside: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        if expansion > 1:
            self._expand_conv = Convolution(inside, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        self._depthwise_conv = Convolution(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv = Convolution(wide, out, 1, bias=False)
        self._bn2 = _norm(out)
        self.is_residual = stride == 1 and inside == out

    def forward(self, x: Any) -> Any:
        y = relu6(self._bn0(self._expand_conv(x))) if hasattr(self, "_expand_conv") else x
        y = relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.is_residual else y


class Encoder(nn.Module):
    """The network up to its features: pictures (n, 3, height, width) to (n, FEATURES)."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = Convolution(3, _STEM, 3, 2, bias=False)
        self._bn0 = _norm(_STEM)
        self._blocks, inside = nn.ModuleList(), _STEM
        for blocks, kernel, stride, expansion, out in _STAGES:
            for number in range(blocks):
                step = 1 if number else stride
                self._blocks.append(Block(inside, out, kernel, step, expansion))
                inside = out
        self._conv_head = Convolution(inside, FEATURES, 1, bias=False)
        self._bn1 = _norm(FEATURES)

    def forward(self, x: Any) -> Any:
        x = relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return relu6(self._bn1(self._conv_head(x))).mean((2, 3))
