"""A Llama in plain torch, layer by layer, so that its lower half can be computed once and kept, and its head only where something is learned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from bowerbird.learning.tuning.layout import Layout
from bowerbird.learning.tuning.lora import Lora, Name

PROJECTIONS = (
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
)  # fmt: skip
Past = tuple[Tensor, Tensor]  # keys and values, (heads, tokens, head)
NOTHING = Lora({}, 1.0)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the weights do not say of themselves."""

    layers: int
    heads: int
    groups: int  # of heads that share keys and values
    head: int
    theta: float
    eps: float

    @classmethod
    def of(cls, config: dict[str, Any]) -> Shape:
        """As transformers writes it down. Raises ValueError for what is no plain Llama."""
        rope = config.get("rope_parameters") or {}
        plain = config.get("model_type") == "llama" and config.get("hidden_act", "silu") == "silu"
        if not plain or rope.get("rope_type", "default") != "default" or config.get("attention_bias") or config.get("mlp_bias"):
            raise ValueError("Only plain Llama models can be trained here.")
        heads = config["num_attention_heads"]
        return cls(
            config["num_hidden_layers"], heads, config["num_key_value_heads"], config.get("head_dim") or config["hidden_size"] // heads,
            float(rope.get("rope_theta") or config.get("rope_theta", 10_000)), float(config["rms_norm_eps"]),
        )  # fmt: skip


class Llama:
    """The weights by their names in transformers."""

    def __init__(self, shape: Shape, weights: dict[str, Tensor]) -> None:
        self.shape, self.weights = shape, weights
        embedding = weights["model.embed_tokens.weight"]
        self.head = weights.get("lm_head.weight", embedding)

    @classmethod
    def load(cls, folder: Path) -> Llama:
        """One that was saved."""
        return cls(Shape.of(json.loads((folder / "config.json").read_text())), load_file(folder / "model.safetensors"))

    def shapes(self, layers: range) -> dict[Name, tuple[int, ...]]:
        """(out, in) of the projections of some layers."""
        return {(layer, what): tuple(self._of(layer, what).shape) for layer in layers for what in PROJECTIONS}

    def embed(self, tokens: list[int]) -> Tensor:
        """(n, hidden)."""
        return self.weights["model.embed_tokens.weight"][torch.tensor(tokens)]

    def through(
        self, h: Tensor, layers: range, layout: Layout, lora: Lora = NOTHING, past: list[Past] | None = None
    ) -> tuple[Tensor, list[Past]]:
        """Some layers: what comes out, and each one's keys and values. `past`: those of the tokens that are known."""
        turns = self._turns(layout.positions)
        kept: list[Past] = []
        for layer in layers:
            h, pair = self._layer(h, layer, turns, layout, lora, past[layer - layers.start] if past else None)
            kept.append(pair)
        return h, kept

    def foretold(self, h: Tensor) -> Tensor:
        """Logarithms of the probability of every token as the next, (n, tokens). The head is wide: give only the rows where something is learned."""
        logits = functional.linear(self._norm(h, self.weights["model.norm.weight"]), self.head)
        return functional.log_softmax(logits.float(), -1)

    def surprise(self, h: Tensor, targets: Tensor) -> Tensor:
        """How little each target was foretold, in nats."""
        return functional.nll_loss(self.foretold(h), targets, reduction="none")

    def _of(self, layer: int, what: str) -> Tensor:
        return self.weights[f"model.layers.{layer}.{what}.weight"]

    def _layer(
        self, h: Tensor, layer: int, turns: tuple[Tensor, Tensor], layout: Layout, lora: Lora, past: Past | None
    ) -> tuple[Tensor, Past]:
        shape = self.shape

        def project(what: str, x: Tensor) -> Tensor:
            return lora.linear(x, self._of(layer, what), (layer, what))

        x = self._norm(h, self._of(layer, "input_layernorm"))
        q = _turned(project("self_attn.q_proj", x).view(len(x), shape.heads, shape.head).transpose(0, 1), turns)
        k = _turned(project("self_attn.k_proj", x).view(len(x), shape.groups, shape.head).transpose(0, 1), turns)
        v = project("self_attn.v_proj", x).view(len(x), shape.groups, shape.head).transpose(0, 1)
        if past is not None:
            k, v = torch.cat([past[0], k], 1), torch.cat([past[1], v], 1)
        seen = _attended(q, k, v, layout)
        h = h + project("self_attn.o_proj", seen.transpose(0, 1).reshape(len(x), -1))
        x = self._norm(h, self._of(layer, "post_attention_layernorm"))
        return h + project("mlp.down_proj", functional.silu(project("mlp.gate_proj", x)) * project("mlp.up_proj", x)), (k, v)

    def _norm(self, h: Tensor, weight: Tensor) -> Tensor:
        h = h.float()
        return weight * (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + self.shape.eps))

    def _turns(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines of the rotary embedding, (n, head)."""
        half = torch.arange(0, self.shape.head, 2, dtype=torch.float32) / self.shape.head
        angles = positions[:, None].float() / self.shape.theta**half
        angles = torch.cat([angles, angles], -1)
        return angles.cos(), angles.sin()


def _turned(x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    left, right = x.chunk(2, -1)
    return x * turns[0] + torch.cat([-right, left], -1) * turns[1]


def _attended(q: Tensor, k: Tensor, v: Tensor, layout: Layout) -> Tensor:
    """Attention, stretch by stretch: nothing is computed that nobody may see."""
    times = len(q) // len(k)
    k, v = (one.to(q.dtype).repeat_interleave(times, 0) for one in (k, v))
    parts: list[Tensor] = []
    for span in layout.asking:
        mine = q[:, span.start - layout.known : span.end - layout.known]
        keys, values = (torch.cat([one[:, begin:end] for begin, end in span.seen], 1) for one in (k, v))
        parts.append(functional.scaled_dot_product_attention(mine[None], keys[None], values[None], attn_mask=span.mask)[0])
    return torch.cat(parts, 1)
