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
        self.rough = stage.scene.weather == "storm" or (stage.scene.weather == "wind" and "weather" in stage.scene.said)
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
            *([Step("breakers", 0.93, self.breakers)] if self.rough else []),
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

    def breakers(self) -> Iterator[Plate]:
        """Rows of steep waves rolling in, each dark in its hollow and torn white along its crest."""
        stage, light = self.stage, self.light
        deep = mix(light.lit(towards(hexed("#1d4f73"), light.palette, 0.7)), light.ground(0.9), 0.25 + 0.2 * light.night)
        foam = mix(light.key, hexed("#ffffff"), 0.5 - 0.3 * light.night)
        near = self.water[1] if self.water else 0.9
        for k in range(5):
            t = (k / 4) ** 1.4
            base, tall = self.horizon + 0.03 + (near - self.horizon - 0.03) * t, 0.016 + 0.070 * t
            swell = stage.line(f"swell{k}", 2.2 + 4.5 * (1 - t), 3, 0.5)
            peak = np.abs(stage.line(f"peak{k}", 5 + 9 * (1 - t), 3, 0.5) - 0.5) * 2
            edge = (base - tall * (0.35 + 0.9 * swell) * (1.1 - 0.9 * peak**0.7)).astype(np.float32)
            down = np.clip((stage.y - edge[None, :]) / (tall * 1.9), 0, 1)
            streak = stage.fbm(f"streak{k}", 16, 4, 0.55, stretch=4, coarse=2)
            tone = np.clip(0.15 + 0.75 * down + 0.5 * (streak - 0.5), 0, 1)[..., None]
            crest = mix(deep, light.sky[2], 0.42)
            mask = stage.below(edge) * step(1.0, 0.72, down)
            yield Plate(mask, (crest + (deep * np.float32(0.82) - crest) * tone).astype(np.float32), 0.93, "land", 0.1, 0.6)
            lace = step(0.30, 0.62, streak + 0.45 * (1 - down * 3.2)) * step(0.34, 0.0, down) * stage.below(edge)
            yield Plate((lace * (0.55 + 0.4 * t)).astype(np.float32), foam, 0.93, "detail", 0.1, 0.2)

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
