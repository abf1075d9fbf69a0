"""The judge: a small network that says what a picture shows. It learns from held-out Illustrator scenes and never from the painter's.

Its last features (64 numbers) are the house's picture embedding: for distances between sets, nearest neighbours and the reward head.
`python -m bowerbird.learning.pictures.judge HELD_OUT OUT --minutes 8` trains and tests it."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bowerbird.learning.pictures import alone
from bowerbird.learning.pictures.material import Dataset
from bowerbird.learning.pictures.words import COLOURS, MEDIA, RELATIONS, SUBJECTS, WORLDS

FILE = "judge.pt"
FEATURES = 64
NOUNS = tuple(SUBJECTS)
RULES = ("none", *RELATIONS)
HEADS = {
    "first": len(NOUNS), "second": len(NOUNS) + 1, "colour": len(COLOURS) + 1, "count": 3, "relation": len(RULES), "world": len(WORLDS),
    "medium": len(MEDIA),
}  # fmt: skip


class Judge(nn.Module):
    """Convolutions down to 4 × 4, then 64 features, then a head for each question."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 32, 64, 96, 128)
        self.body = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(widths))
        self.more = nn.ModuleList(nn.Conv2d(b, b, 3, padding=1) for b in widths[1:])
        self.norms = nn.ModuleList(nn.GroupNorm(8, b) for b in widths[1:])
        self.gather = nn.Linear(widths[-1] * 16, FEATURES * 4)
        self.features = nn.Linear(FEATURES * 4, FEATURES)
        self.heads = nn.ModuleDict({name: nn.Linear(FEATURES * 4, size) for name, size in HEADS.items()})

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """(b, 3, 64, 64) −1..1 → features (b, 64) of length one, and logits by question."""
        for down, more, norm in zip(self.body, self.more, self.norms, strict=True):
            x = F.gelu(norm(down(x)))
            x = x + F.gelu(more(x))
        wide = F.gelu(self.gather(F.dropout(x.flatten(1), 0.2, self.training)))
        features = F.normalize(self.features(wide), dim=-1)
        return features, {name: head(wide) for name, head in self.heads.items()}


def answers(facts: dict[str, Any]) -> list[int]:
    """What the judge should say of a scene, in the order of HEADS; −1 where the question makes no sense."""
    subjects = facts["subjects"]
    first = subjects[0]
    second = NOUNS.index(subjects[1]["noun"]) if len(subjects) > 1 else len(NOUNS)
    colour = COLOURS.index(first["colour"]) if first["colour"] else len(COLOURS)
    said = [NOUNS.index(first["noun"]), second, colour, first["count"] - 1, RULES.index(facts["relation"] or "none")]
    return [*said, tuple(WORLDS).index(facts["world"]), tuple(MEDIA).index(facts["medium"])]


def train(data: Dataset, out: Path, *, minutes: float = 8, steps: int | None = None, tested: int = 400) -> dict[str, float]:
    """Writes the weights to `out` after `minutes`, or after `steps`; how often it is right on the last `tested` scenes, new to it."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = Judge()
    opt = torch.optim.AdamW(net.parameters(), 1.5e-3, weight_decay=0.02)
    pictures = torch.from_numpy(data.small).permute(0, 3, 1, 2)
    labels = torch.tensor([answers(told["facts"]) for told in data.told])
    learn, began, step = len(pictures) - tested, time.monotonic(), 0
    while (done := step / steps if steps else (time.monotonic() - began) / (60 * minutes)) < 1:
        for group in opt.param_groups:
            group["lr"] = 1.5e-3 * min(1, (step + 1) / 50) * (1 - done) + 1e-5
        which = torch.randint(learn, (48,))
        features, logits = net(varied(pictures[which].float() / 127.5 - 1))
        truth = labels[which]
        loss = sum((F.cross_entropy(logits[name], truth[:, i]) for i, name in enumerate(HEADS)), torch.zeros(()))
        loss = loss + likeness(features, truth)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        step += 1
    net.eval()
    torch.save(net.state_dict(), out)
    with torch.no_grad():
        _, logits = net(pictures[learn:].float() / 127.5 - 1)
    right = {name: round(float((logits[name].argmax(1) == labels[learn:, i]).float().mean()), 3) for i, name in enumerate(HEADS)}
    print(json.dumps({"steps": step, "right": right}), flush=True)
    return right


def varied(x: Tensor) -> Tensor:
    """Moved by up to three px, softened and noised a little, brighter or darker: so that it reads painted pictures, not only clean ones."""
    shift = torch.randint(-3, 4, (2,)).tolist()
    x = torch.roll(F.pad(x, (3, 3, 3, 3), mode="replicate"), shift, (2, 3))[:, :, 3:-3, 3:-3]
    soft = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = torch.lerp(x, soft, torch.rand(len(x), 1, 1, 1) * 0.9)
    x = x * (1 + 0.2 * torch.randn(len(x), 1, 1, 1)) + 0.08 * torch.randn(len(x), 3, 1, 1)
    return x + torch.randn_like(x) * 0.06 * torch.rand(len(x), 1, 1, 1)


def likeness(features: Tensor, truth: Tensor) -> Tensor:
    """Features of pictures that share more facts should lie nearer: the mean square between cosine and share of equal answers."""
    same = (truth[:, None] == truth[None]).float().mean(-1)
    return ((features @ features.T) - same).square().mean()


def judged(net: Judge, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], dict[str, NDArray[np.int64]]]:
    """uint8 (n, 64, 64, 3) → features (n, 64) and an answer for each question (n,)."""
    with torch.no_grad():
        features, logits = net(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1)
    return features.numpy(), {name: each.argmax(1).numpy() for name, each in logits.items()}


if __name__ == "__main__":
    alone.main(__doc__, FILE, train, minutes=8)
