"""Low-rank additions to some layers of a model that itself stays as it is: W x + (α / r) B A x. Source: Hu et al. 2021."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from bowerbird.core.whole import partly

Name = tuple[int, str]  # layer and projection: (15, "self_attn.q_proj")


class Lora:
    """Of each projection, A (r × in) and B (out × r)."""

    def __init__(self, pairs: dict[Name, tuple[Tensor, Tensor]], alpha: float) -> None:
        self.pairs, self.alpha, self._on = pairs, alpha, True

    @classmethod
    def begin(cls, shapes: Mapping[Name, Sequence[int]], rank: int, alpha: float, seed: int) -> Lora:
        """New ones, that add nothing yet. `shapes`: (out, in) of each weight."""
        dice = torch.Generator().manual_seed(seed)
        pairs = dict[Name, tuple[Tensor, Tensor]]()
        for name, (wide, deep) in sorted(shapes.items()):
            a = (torch.rand(rank, deep, generator=dice) * 2 - 1) / math.sqrt(deep)
            pairs[name] = (a.requires_grad_(), torch.zeros(wide, rank, requires_grad=True))
        return cls(pairs, alpha)

    def linear(self, x: Tensor, weight: Tensor, name: Name) -> Tensor:
        """W x with what is added."""
        y = functional.linear(x, weight)
        if not self._on or name not in self.pairs:
            return y
        a, b = self.pairs[name]
        return y + self.alpha / len(a) * functional.linear(functional.linear(x, a), b)

    @contextmanager
    def off(self) -> Generator[None]:
        """The model as it came, for a while."""
        self._on = False
        try:
            yield
        finally:
            self._on = True

    @property
    def parameters(self) -> list[Tensor]:
        """All that is learned."""
        return [one for _, pair in sorted(self.pairs.items()) for one in pair]

    @property
    def state(self) -> dict[str, Tensor]:
        """By names, as it is written down."""
        return {
            f"model.layers.{layer}.{what}.lora_{letter}": one.detach()
            for (layer, what), pair in sorted(self.pairs.items())
            for letter, one in zip("AB", pair, strict=True)
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what was written down."""
        with torch.no_grad():
            for name, one in self.state.items():
                one.copy_(state[name])

    def write(self, file: Path) -> None:
        """As safetensors, whole or not at all."""
        with partly(file) as part:
            save_file(self.state, part, metadata={"alpha": str(self.alpha)})


def read(file: Path) -> Lora:
    """One that was written."""
    pairs = dict[Name, tuple[Tensor, Tensor]]()
    with safe_open(file, "pt") as kept:
        for name in kept.keys():  # noqa: SIM118 - it is no mapping
            if name.endswith(".lora_A"):
                _, _, layer, what = name.removesuffix(".lora_A").split(".", 3)
                pairs[int(layer), what] = (kept.get_tensor(name), kept.get_tensor(name.removesuffix("A") + "B"))
        return Lora(pairs, float(kept.metadata()["alpha"]))
