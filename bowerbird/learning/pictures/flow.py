"""The painter's two networks: a flow transformer straight on pixels, and the upscaler that follows it. Torch; training only.

Sources: x-prediction with the loss of the velocity, Li & He 2025 (“Back to Basics: Let Denoising Generative Models Denoise”); one modulation
for all blocks, Chen et al. 2023 (PixArt-α); normalised queries and keys, Dehghani et al. 2023; pixel shuffle, Shi et al. 2016."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

GATE_AT_START = 0.3  # open residual gates learn far faster in short runs than gates that start closed
TIME_FEATURES = 64
CHANNELS = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the flow transformer is. `side` and `patch` in px; `tokens` of text states, each `text` wide."""

    side: int = 64
    patch: int = 8
    width: int = 192
    depth: int = 6
    heads: int = 3
    text: int = 384
    tokens: int = 24
    refiner: int = 24

    @property
    def patches(self) -> int:
        """Patches in a picture."""
        return (self.side // self.patch) ** 2

    @property
    def macs(self) -> int:
        """Multiply-adds of one picture through the network once, to within a few per cent."""
        length = self.patches + self.tokens
        blocks = self.depth * length * (12 * self.width**2 + 2 * length * self.width)
        ends = 2 * self.patches * CHANNELS * self.patch**2 * self.width + self.tokens * self.text * self.width
        convolutions = 9 * self.side**2 * (2 * CHANNELS * self.refiner + self.refiner**2 + self.refiner * CHANNELS)
        return blocks + ends + convolutions


def positions(side: int, width: int) -> Tensor:
    """Sines and cosines of row and column: (side², width)."""
    rates = 1 / 10_000 ** (torch.arange(width // 4) / (width / 4))
    angles = torch.outer(torch.arange(side).float(), rates)
    line = torch.cat([angles.sin(), angles.cos()], 1)
    grid = torch.cat([line[:, None].expand(side, side, -1), line[None].expand(side, side, -1)], -1)
    return grid.reshape(side * side, width)


class Block(nn.Module):
    """Attention and a feed-forward part, both scaled, shifted and gated by time and words."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.width = heads, width
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)
        self.own = nn.Parameter(torch.zeros(6, width))
        self.sharpness = nn.Parameter(torch.ones(2, 1, 1, width // heads))

    def forward(self, x: Tensor, modulation: Tensor) -> Tensor:
        """(batch, length, width) and (batch, 6, width) → (batch, length, width)."""
        width, head = self.width, self.width // self.heads  # known numbers: ONNX cannot take them from a tensor
        batch, length, _ = x.shape
        scale_a, shift_a, gate_a, scale_f, shift_f, gate_f = (modulation + self.own[None])[:, :, None].unbind(1)
        y = F.layer_norm(x, (width,)) * (1 + scale_a) + shift_a
        q, k, v = self.qkv(y).view(batch, length, 3, self.heads, head).permute(2, 0, 3, 1, 4).unbind(0)
        q = F.normalize(q, dim=-1) * self.sharpness[0] * math.sqrt(head)
        k = F.normalize(k, dim=-1) * self.sharpness[1] * math.sqrt(head)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, width)
        x = x + self.out(y) * gate_a
        y = F.layer_norm(x, (width,)) * (1 + scale_f) + shift_f
        return x + self.down(F.gelu(self.up(y), approximate="tanh")) * gate_f


class Flow(nn.Module):
    """Noised pixels, a time and text states in; the clean picture out."""

    grid: Tensor
    rates: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, pixels = shape.width, CHANNELS * shape.patch**2
        self.enter = nn.Linear(pixels, width)
        self.register_buffer("grid", positions(shape.side // shape.patch, width), persistent=False)
        self.words = nn.Linear(shape.text, width)
        self.word_places = nn.Parameter(torch.randn(shape.tokens, width) * 0.02)
        self.silence = nn.Parameter(torch.randn(shape.tokens, width) * 0.02)
        self.time = nn.Sequential(nn.Linear(2 * TIME_FEATURES, width), nn.SiLU(), nn.Linear(width, width))
        self.gist = nn.Linear(shape.text, width)
        self.modulation = nn.Linear(width, 6 * width)
        self.blocks = nn.ModuleList(Block(width, shape.heads) for _ in range(shape.depth))
        self.last = nn.Linear(width, 2 * width)
        self.leave = nn.Linear(width, pixels)
        self.refine_in = nn.Conv2d(2 * CHANNELS, shape.refiner, 3, padding=1)
        self.refine = nn.Conv2d(shape.refiner, shape.refiner, 3, padding=1)
        self.refine_out = nn.Conv2d(shape.refiner, CHANNELS, 3, padding=1)
        self.refine_when = nn.Linear(width, shape.refiner)
        for layer in (self.modulation, self.last, self.refine_out, self.refine_when):
            _silence(layer)
        with torch.no_grad():
            self.modulation.bias.view(6, width)[[2, 5]] = GATE_AT_START
        self.register_buffer("rates", torch.exp(torch.linspace(0, math.log(1000), TIME_FEATURES)), persistent=False)

    def forward(self, noised: Tensor, time: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        """Pictures are (b, 3, side, side), −1..1; `time` (b,) runs from 0, noise, to 1; `states` (b, tokens, text); `mask` (b, tokens), 0 or 1."""
        shape = self.shape
        batch, n, p, width = noised.shape[0], shape.side // shape.patch, shape.patch, shape.width
        x = noised.view(batch, CHANNELS, n, p, n, p).permute(0, 2, 4, 1, 3, 5).reshape(batch, n * n, CHANNELS * p * p)
        x = self.enter(x) + self.grid
        there = mask[..., None]
        told = self.words(states) * there + self.silence * (1 - there) + self.word_places
        gist = (states * there).sum(1) / there.sum(1).clamp(min=1)
        angle = time[:, None] * self.rates[None]
        when = F.silu(self.time(torch.cat([angle.sin(), angle.cos()], 1)) + self.gist(gist))
        modulation = self.modulation(when).view(batch, 6, width)
        x = torch.cat([x, told], 1)
        for block in self.blocks:
            x = block(x, modulation)
        last = self.last(when).view(batch, 2, width)
        x = F.layer_norm(x[:, : n * n], (width,)) * (1 + last[:, :1]) + last[:, 1:]
        y = self.leave(x).view(batch, n, n, CHANNELS, p, p).permute(0, 3, 1, 4, 2, 5).reshape(batch, CHANNELS, n * p, n * p)
        r = F.gelu(self.refine_in(torch.cat([y, noised], 1)) + self.refine_when(when)[..., None, None], approximate="tanh")
        return y + self.refine_out(F.gelu(self.refine(r), approximate="tanh"))


class Upscaler(nn.Module):
    """×4: a residual over bilinear, light convolutions at the low resolution, pixel shuffle at the end."""

    def __init__(self, width: int = 32, depth: int = 6) -> None:
        super().__init__()
        self.enter = nn.Conv2d(CHANNELS, width, 3, padding=1)
        self.body = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(depth))
        self.leave = nn.Conv2d(width, 16 * CHANNELS, 3, padding=1)
        _silence(self.leave)

    def forward(self, x: Tensor) -> Tensor:
        """(b, 3, h, w) → (b, 3, 4 h, 4 w), both −1..1."""
        y = F.gelu(self.enter(x))
        for layer in self.body:
            y = y + layer(F.gelu(y))
        return F.interpolate(x, scale_factor=4.0, mode="bilinear", align_corners=False) + F.pixel_shuffle(self.leave(y), 4)


def _silence(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


def velocity_loss(predicted: Tensor, clean: Tensor, time: Tensor) -> Tensor:
    """The mean square of the velocity's error, from a prediction of the clean picture: (x̂ − x)/(1 − t), bounded near the picture."""
    weight = 1 / (1 - time).clamp(min=0.15)
    return ((predicted - clean) * weight[:, None, None, None]).square().mean()


def noised(clean: Tensor) -> tuple[Tensor, Tensor]:
    """The picture at a time by chance on the straight way from noise: (b, 3, s, s) and its times (b,), more of them early."""
    time = torch.sigmoid(torch.randn(len(clean), device=clean.device) - 0.6)
    at = time[:, None, None, None]
    return at * clean + (1 - at) * torch.randn_like(clean), time


def described(shape: Shape) -> dict[str, Any]:
    """The shape as plain data, for a checkpoint."""
    return asdict(shape)
