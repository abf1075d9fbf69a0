"""What grows on the sea floor: branching coral and swaying weed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Plate, Point, polygons
from ..colour import Colour, hexed, mix, towards, tuned
from .base import World


class Reef(World):
    """Coral at both sides, weed in front; `tones` are the water's colours from light to deep."""

    tones: list[Colour]

    def coral(self) -> Iterator[Plate]:
        """Branches and fans in warm colours, left and right."""
        stage = self.stage
        rng = stage.rng("coral")
        warm = [
            mix(towards(hexed(c), self.light.palette, 0.5), self.tones[2], 0.22 + 0.3 * self.light.night)
            for c in ("#f28a7a", "#f4b06a", "#e86f9a", "#b88ae0")
        ]
        for colour in warm:
            shapes: list[list[Point]] = []
            for _ in range(3):
                left = rng.random() < 0.5
                x = (0.02 + 0.24 * rng.random() if left else 0.98 - 0.24 * rng.random()) * stage.w
                _branch(
                    shapes,
                    rng,
                    x,
                    (0.90 + 0.09 * rng.random()) * stage.h,
                    -1.57 + rng.normal(0, 0.15),
                    stage.unit * (0.040 + 0.03 * rng.random()),
                    stage.unit * 0.011,
                    5,
                )
            yield Plate(polygons(stage.w, stage.h, shapes), colour, 0.8, "detail", flow=1.2, line=0.6)

    def weed(self) -> Iterator[Plate]:
        """Kelp swaying up from the lower corners."""
        stage = self.stage
        rng = stage.rng("weed")
        for tone in (0.0, 0.06):
            shapes: list[list[Point]] = []
            for k in range(6):
                x = (0.12 * rng.random() if k % 2 else 1 - 0.12 * rng.random()) * stage.w
                tall, phase = stage.unit * (0.25 + 0.35 * rng.random()), rng.random() * 6
                left, right = [], []
                for t in np.linspace(0, 1, 30):
                    px = x + np.sin(phase + t * 5) * stage.unit * 0.028 * t
                    wide = stage.unit * 0.014 * (1 - t) * (0.55 + 0.45 * np.sin(t * 34) ** 2) + 0.6
                    left.append((px - wide, stage.h * 1.02 - tall * t))
                    right.append((px + wide, stage.h * 1.02 - tall * t))
                shapes.append([*left, *reversed(right)])
            yield Plate(
                polygons(stage.w, stage.h, shapes),
                tuned(mix(self.tones[4], hexed("#1f6b5a"), 0.35), tone),
                0.02,
                "detail",
                flow=1.5,
            )


def _branch(
    shapes: list[list[Point]], rng: np.random.Generator, x: float, y: float, angle: float, long: float, wide: float, left: int
) -> None:
    px, py = x + np.cos(angle) * long, y + np.sin(angle) * long
    nx, ny = -np.sin(angle), np.cos(angle)
    shapes.append(
        [
            (x + nx * wide, y + ny * wide),
            (px + nx * wide * 0.75, py + ny * wide * 0.75),
            (px - nx * wide * 0.75, py - ny * wide * 0.75),
            (x - nx * wide, y - ny * wide),
        ]
    )
    shapes.append([(px + np.cos(t) * wide * 0.76, py + np.sin(t) * wide * 0.76) for t in np.linspace(0, 6.28, 10)])
    for turn in (-0.45, 0.45) if left else ():
        _branch(shapes, rng, px, py, angle + turn + rng.normal(0, 0.12), long * 0.78, wide * 0.75, left - 1)
