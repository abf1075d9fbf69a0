"""The sea: a wide sky, swell towards the horizon with the light's path on it, and a beach for those who do not swim."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate
from ..colour import hexed, mix, towards
from ..natural import AIRBORNE, FLOATERS, HEAVENLY, SWIMMERS, is_one_of
from ..noise import step
from ..scenery import water, waves
from ..stage import Stage
from .base import Step, World


class Sea(World):
    """Open water; whoever cannot swim or float is given a shore."""

    horizon = 0.52

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        afloat = FLOATERS | SWIMMERS | AIRBORNE | HEAVENLY
        subjects = stage.scene.subjects
        boats = {i for i, s in enumerate(subjects) if is_one_of(FLOATERS, s.noun, s.drawn_as)}
        dry = [
            s
            for s in subjects
            if not is_one_of(afloat, s.noun, s.drawn_as) and s.pose not in ("swimming", "flying") and s.of not in boats
        ]
        self.shore = bool(dry)
        self.water = (0.58, 0.84 if self.shore else 0.93)
        self.footing = (0.80, 0.95) if self.shore else self.water
        self.wet = 0.25 if self.shore else 0.9

    def steps(self) -> list[Step]:
        """Sky, disc, clouds, far shore, water, shine, and beach or spray."""
        stage = self.stage
        return [
            Step("sky", 1.0, partial(sky.sky, stage, self.horizon)),
            Step("the light", 0.995, partial(sky.disc, stage, self.horizon, 1.1)),
            Step("clouds", 0.99, partial(sky.clouds, stage, self.horizon)),
            Step("a far shore", 0.97, self.coast),
            Step("water and its shine", 0.95, self.sea),
            Step("the beach" if self.shore else "waves", 0.90 if self.shore else 0.0, self.beach if self.shore else self.crests),
        ]

    def coast(self) -> Iterator[Plate]:
        """A headland, far off on the darker side."""
        stage, light = self.stage, self.light
        away = np.clip((stage.x[0] - light.x) * (1 if light.x < 0.5 else -1), 0, 1)
        edge = self.horizon + 0.012 - 0.10 * away * (0.3 + stage.line("coast", 4, 5))
        mask = stage.below(edge.astype(np.float32)) * (stage.y < self.horizon + 0.003)
        yield Plate(mask.astype(np.float32), light.veil(light.ground(0.35), 0.6), 0.97, line=0.5)

    def sea(self) -> Iterator[Plate]:
        """The water itself."""
        light = self.light
        deep = mix(light.lit(towards(hexed("#1f5f8f"), light.palette, 0.7)), light.ground(0.85), 0.30 + 0.3 * light.night)
        yield from water(self.stage, "sea", self.horizon, deep, 0.94)

    def crests(self) -> Iterator[Plate]:
        """Small bright crests in the foreground, over whoever swims there."""
        stage, light = self.stage, self.light
        swell = waves(stage, "crests", self.horizon, 1.3)
        v = np.clip((stage.y - self.horizon) / (1 - self.horizon), 0, 1)
        mask = step(0.70, 0.86, swell) * step(0.45, 0.95, v) * 0.32
        yield Plate(mask.astype(np.float32), mix(light.sky[-1], light.key, 0.4), 0.0, "air", line=0)

    def beach(self) -> Iterator[Plate]:
        """Wet sand, foam, dry sand."""
        stage, light = self.stage, self.light
        sand = mix(light.lit(towards(hexed("#ecd2a4"), light.palette, 0.4)), light.ground(0.5), 0.12)
        line = 0.80 + 0.055 * (stage.line("foam", 2.2, 4, 0.45) - 0.5) + 0.05 * (stage.x[0] - 0.5) * (1 if light.x < 0.5 else -1)
        line = line.astype(np.float32)
        down = stage.y - line[None, :]
        wet = mix(sand, light.sky[2], 0.42) * np.float32(0.86)
        yield Plate(stage.below(line), wet, 0.9, "land", line=0.2)
        foam_edge = (
            np.exp(-((down / 0.006) ** 2))
            + 0.6 * np.exp(-(((down + 0.018) / 0.005) ** 2))
            + 0.35 * np.exp(-(((down + 0.042) / 0.006) ** 2))
        )
        lace = 0.35 + 0.65 * step(0.35, 0.6, stage.fbm("lace", 30, 3, stretch=3))
        yield Plate(
            np.clip(foam_edge * lace, 0, 0.95).astype(np.float32),
            mix(light.key, hexed("#ffffff"), 0.4 * (1 - light.night)),
            0.9,
            "detail",
            line=0,
        )
        dry = (line + 0.055 + 0.014 * stage.line("dry", 6, 4)).astype(np.float32)
        spots = stage.fbm("sand", 9, 5, 0.6, stretch=4, coarse=2)[..., None] - 0.5
        grit = stage.rng("grit").normal(0, 0.02, (stage.h, stage.w, 1)).astype(np.float32)
        colour = sand * (1.02 + 0.16 * spots + grit - 0.10 * np.clip((stage.y - 0.85) / 0.15, 0, 1)[..., None])
        yield Plate(stage.below(dry, 9), np.clip(colour, 0, 1).astype(np.float32), 0.88, "land", line=0.1)
