"""A table: cloth and wall, a vase with branches, fruit, light from a window beside it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Plate
from ..colour import hexed, mix, towards
from ..noise import blur, step
from .base import Step
from .still_life import StillLife


class Table(StillLife):
    """A still life with room for a guest."""

    horizon = 0.70
    footing = (0.79, 0.93)
    haze = 0.0
    tabletop = True
    size = 1.12

    def steps(self) -> list[Step]:
        """Wall, window light, cloth, vase, branches, fruit."""
        light, rng = self.light, self.rng
        sets = (
            ("#d9e2ea", "#29408f", "#2f5bd0", "#f4c430"),
            ("#f1d9c6", "#7b3d3a", "#efe4d0", "#e4573d"),
            ("#dfe3d0", "#4a6b52", "#c9824f", "#d9a03a"),
            ("#e9d8e2", "#4a3a66", "#8fb3c4", "#e88a6a"),
        )
        tones = [towards(hexed(c), light.palette, 0.7) for c in sets[int(rng.integers(0, len(sets)))]]
        self.wall, self.cloth, self.vase, self.fruit = (
            mix(light.lit(c), light.ground(0.8), 0.04 + 0.36 * light.night) for c in tones
        )
        guests = bool(self.stage.scene.subjects)
        self.side = (0.13 if guests else 0.20) if light.x >= 0.5 else (0.87 if guests else 0.80)
        self.lower = 0.09 if guests else 0.0  # a guest is the point: the vase stands back
        return [
            Step("the wall", 1.0, self.back),
            Step("light from a window", 0.99, self.window),
            Step("the cloth", 0.97, self.top),
            Step("branches", 0.94, self.branches),
            Step("a vase", 0.92, self.pot),
            Step("fruit", 0.60, self.bowl),
        ]

    def back(self) -> Iterator[Plate]:
        """Plaster."""
        stage, light = self.stage, self.light
        tone = 1.02 - 0.16 * np.abs(stage.x - light.x) + 0.08 * (stage.fbm("wall", 5, 6, 0.6, coarse=2) - 0.5) - 0.06 * stage.y
        yield stage.wash(np.clip(self.wall * tone[..., None], 0, 1).astype(np.float32))

    def window(self) -> Iterator[Plate]:
        """A slanting patch of light with the shadow of leaves in it."""
        stage, light = self.stage, self.light
        slant = 0.35 * (1 if light.x < 0.5 else -1)
        u = (stage.x - 0.5 - slant * (stage.y - 0.35)) * stage.across
        bars = (
            step(0.27, 0.26, np.abs(u))
            * step(0.012, 0.020, np.abs(u))
            * step(0.08, 0.09, stage.y)
            * step(0.60, 0.58, stage.y)
            * step(0.010, 0.016, np.abs(stage.y - 0.33))
        )
        leaves = step(0.56, 0.64, stage.fbm("leaves", 9, 3, 0.5, coarse=2) * np.clip(1.2 - 2 * np.abs(u + 0.1), 0, 1))
        soft = blur((bars * (1 - 0.75 * leaves)).astype(np.float32), stage.unit * 0.006)
        yield Plate(soft * (0.40 - 0.2 * light.night), mix(light.sun, light.key, 0.5), 0.99, "light", line=0)

    def top(self) -> Iterator[Plate]:
        """The cloth, its edge nearly straight, its folds soft."""
        stage = self.stage
        edge = (0.715 + 0.006 * (stage.line("edge", 3, 3) - 0.5)).astype(np.float32)
        fold = stage.fbm("fold", 3.5, 4, 0.5, stretch=2.5, coarse=2) - 0.5
        weave = 0.5 + 0.5 * np.sin(stage.x * stage.w * 1.6) * np.sin(stage.y * stage.h * 1.6)
        down = np.clip((stage.y - 0.715) / 0.285, 0, 1)
        tone = 1.06 - 0.26 * down + 0.22 * fold + 0.03 * weave + 0.10 * np.exp(-(((stage.x - self.light.x) / 0.3) ** 2))
        yield Plate(
            stage.below(edge, 2), np.clip(self.cloth * tone[..., None], 0, 1).astype(np.float32), 0.97, flow=0.05, line=0.8
        )
