"""Who sits on what the world offers, and flowers in a vase."""

from __future__ import annotations

import numpy as np

from .figures import Placed
from .scene import Subject
from .stage import Stage
from .worlds.perches import Perch

SIZES = {"tiny": 0.42, "small": 0.64, "medium": 1.0, "large": 1.42, "huge": 1.95}


def sit(stage: Stage, perch: Perch, placed: Placed, subject: Subject) -> None:
    """On what the world offers; several share its breadth."""
    room = (perch.right - perch.left) * stage.w
    tall = perch.size * 0.42 * stage.unit * SIZES.get(subject.size, 1.0) ** 0.6
    shrink = min(tall / max(placed.width, placed.height), 0.96 * room / (placed.width * subject.count))
    placed.width, placed.height = placed.width * shrink, placed.height * shrink
    placed.x = (perch.left + perch.right) / 2 * stage.w
    placed.foot, placed.depth = (perch.y(placed.x / stage.w) + 0.006) * stage.h, perch.depth
    placed.floating, placed.sunk, placed.afloat, placed.seated = True, 0.0, False, True


def in_a_row(stage: Stage, perch: Perch, rng: np.random.Generator, head: Placed, count: int) -> list[Placed]:
    """Copies side by side along a perch, each at its height there."""
    out: list[Placed] = []
    span = min((perch.right - perch.left) * stage.w - head.width, head.width * 1.02 * (count - 1))
    for k in range(count):
        x = head.x + (k / (count - 1) - 0.5) * span + rng.normal(0, 0.02) * head.width
        size = 1 + 0.07 * rng.normal(0, 0.7)
        one = Placed(head.subject, k, x, (perch.y(x / stage.w) + 0.006) * stage.h, head.width * size, head.height * size, head.depth,
                     bool(rng.random() < 0.5), rng.normal(0, 0.03), floating=True)  # fmt: skip
        one.seated = True
        out.append(one)
    return out


def fanned(rng: np.random.Generator, head: Placed, count: int) -> list[Placed]:
    """Flowers leaning out of one vase, the middle ones highest and in front."""
    out: list[Placed] = []
    for k in range(count):
        t = k / (count - 1) - 0.5
        size = 1.0 - 0.22 * abs(t) + 0.08 * rng.normal(0, 0.6)
        lean = -1.15 * t
        x = head.x + 1.25 * t * head.height
        foot = head.foot + 0.30 * abs(t) * head.height + 0.05 * rng.normal() * head.height
        out.append(Placed(head.subject, k, x, foot, head.width * size, head.height * size, head.depth + 0.001 * (k % 2), bool(rng.random() < 0.5),
                          lean, floating=True))  # fmt: skip
    return out
