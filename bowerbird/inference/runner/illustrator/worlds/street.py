"""A street: houses closing in towards a vanishing point, lit windows and lamps, cobbles that shine when it rains."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import numpy as np

from .. import sky
from ..canvas import Plate, drawn
from ..colour import Colour, hexed, mix, ramp, towards, tuned
from ..noise import blur, step
from ..scenery import falling_rain
from ..stage import Stage
from .base import Step, World
from .houses import CENTRE, EYE, Face


class Street(World):
    """Two rows of old houses."""

    horizon = EYE
    footing = (0.66, 0.93)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.raining = stage.scene.weather in ("rain", "storm")
        self.wet = 0.75 if self.raining else 0.18 if self.light.night > 0.5 else 0.0

    def steps(self) -> list[Step]:
        """Sky, paving, houses from far to near, lamps, rain."""
        light = self.light
        walls = ("#e8b98a", "#d98f6e", "#e9d3a8", "#b9c4c0", "#c97f72", "#9fb3c4", "#e2c07a", "#d7a0a0")
        self.walls: list[Colour] = [
            mix(light.lit(towards(hexed(c), light.palette, 0.6)), light.ground(0.6), 0.12 + 0.42 * light.night) for c in walls
        ]
        self.glow = hexed("#ffd07a")
        return [
            Step("sky", 1.0, self.heavens),
            Step("cobbles", 0.98, self.cobbles),
            Step("houses at the end", 0.95, partial(self.houses, 0)),
            Step("houses", 0.92, partial(self.houses, 1)),
            Step("near houses", 0.89, partial(self.houses, 2)),
            Step("lamps", 0.86, self.lamps),
            Step("rain" if self.raining else "evening air", -0.1, self.air),
        ]

    def heavens(self) -> Iterator[Plate]:
        """Sky and disc above the roofs."""
        yield from sky.sky(self.stage, EYE)
        yield from sky.disc(self.stage, EYE * 0.5, 0.8)
        yield from sky.clouds(self.stage, EYE)
        yield Plate(
            (0.6 * np.exp(-((self.stage.far(CENTRE, EYE) / 0.22) ** 2))).astype(np.float32),
            mix(self.light.haze, self.light.sun, 0.5),
            0.99,
            "light",
            line=0,
        )

    def cobbles(self) -> Iterator[Plate]:
        """Stones in perspective; wet ones hold the sky."""
        stage, light = self.stage, self.light
        v = np.clip((stage.y - EYE) / (1 - EYE), 1e-3, 1)
        row = np.log(v + 0.05) * 13
        column = (stage.x - CENTRE) * stage.across / (v + 0.05) * 11 + 0.5 * (np.floor(row) % 2)
        joint = np.maximum(np.abs((row % 1) - 0.5), np.abs((column % 1) - 0.5) * 0.98) * 2
        stone = step(0.98, 0.72, joint)
        each = np.sin(np.floor(row) * 12.9898 + np.floor(column) * 78.233) * 43758.5453
        tone = np.clip(0.30 + 0.35 * v + 0.22 * (each % 1 - 0.5) - 0.22 * stone, 0, 1)
        base = (
            mix(light.haze, light.ground(0.4), 0.35),
            mix(light.lit(hexed("#a79c98")), light.ground(0.7), 0.3),
            mix(light.lit(hexed("#5e565c")), light.ground(0.95), 0.5),
        )
        colour = ramp(tone, base)
        if self.wet:
            shine = light.heaven(np.clip(1.0 - v * 0.9 + 0.2 * (each % 1 - 0.5), 0, 1))
            pool = np.exp(-(((stage.x - CENTRE) / (0.06 + 0.28 * v)) ** 2))
            colour = colour + (shine - colour) * (np.clip(0.30 + 0.6 * pool, 0, 1) * self.wet * (0.35 + 0.65 * stone))[..., None]
        mask = np.broadcast_to(np.clip((stage.y - EYE) * stage.h, 0, 1), (stage.h, stage.w)).astype(np.float32)
        yield Plate(mask, colour.astype(np.float32), 0.98, line=0)

    def houses(self, i: int) -> Iterator[Plate]:
        """A left and a right run of houses between two distances from the vanishing point."""
        stage, light = self.stage, self.light
        rng = stage.rng(f"houses{i}")
        near, far = (0.14, 0.25, 0.43)[i], (0.075, 0.14, 0.25)[i]
        for side in (-1, 1):
            cuts = np.linspace(far, near, (4, 3, 3)[i])
            for a, b in pairwise(cuts.tolist()):
                tall = rng.uniform(1.15, 1.75)
                colour = self.walls[int(rng.integers(0, len(self.walls)))]
                lit = 0.88 if (side < 0) == (light.x < 0.5) else 1.05
                tone = light.veil(np.clip(colour * lit, 0, 1), (0.6, 0.28, 0.05)[i])
                end = 0.75 if b > 0.42 else b
                face = Face(stage, side, a / stage.across, end / stage.across, tall)
                mask = drawn(stage.w, stage.h, face.wall)
                down = step(0.2, 1.0, stage.y)[..., None]
                shown = np.clip(tone * (1.06 - 0.22 * down), 0, 1) + 0 * stage.x[..., None]
                yield Plate(mask, shown.astype(np.float32), 0.95 - 0.03 * i, flow=1.57)
                yield Plate(
                    drawn(stage.w, stage.h, face.roof),
                    tuned(mix(tone, light.ground(0.95), 0.6), -0.04),
                    0.95 - 0.03 * i,
                    "detail",
                    flow=0.5,
                )
                glowing = light.night > 0.1 or self.raining or stage.scene.time in ("sunset", "golden")
                panes = drawn(stage.w, stage.h, partial(face.windows, rng, 0.8 if glowing else 1.0)) * mask
                pane = self.glow if glowing else mix(light.sky[1], tone, 0.35)
                yield Plate(panes, light.veil(pane, (0.4, 0.15, 0.0)[i]), 0.95 - 0.03 * i, "detail", line=0.4)
                if glowing:
                    yield Plate(np.clip(blur(panes, stage.unit * 0.02) * 0.75, 0, 1), self.glow, 0.9, "light", line=0)

    def lamps(self) -> Iterator[Plate]:
        """Street lamps in pairs, with halos and their streaks on the wet stones."""
        stage, light = self.stage, self.light
        dark = mix(light.ground(1.0), light.sky[0], 0.3)
        for d, lift in ((0.13, 0.14), (0.30, 0.30)):
            for side in (-1, 1):
                x, foot = CENTRE + side * d / stage.across, EYE + d * 0.62
                top, r = foot - lift * 0.92, 0.010 + 0.045 * d
                pole = (np.abs(stage.x - x) * stage.across < r * 0.13) & (stage.y > top) & (stage.y < foot)
                yield Plate(pole.astype(np.float32), dark, 0.86, "detail", line=0.3)
                far = stage.far(x, top)
                on = 0.25 + 0.75 * max(light.night, 0.5 * self.raining)
                halo = 0.75 * np.exp(-((far / (r * 4.5)) ** 2)) + 0.3 * np.exp(-((far / (r * 12)) ** 2))
                yield Plate((halo * on).astype(np.float32), self.glow, 0.86, "light", line=0)
                yield Plate(step(r, r * 0.75, far), mix(self.glow, hexed("#ffffff"), 0.6 * on), 0.86, "detail", line=0.5)
                if self.wet:
                    streak = (
                        np.exp(-(((stage.x - x) * stage.across / (r * 1.2)) ** 2))
                        * np.exp(-np.clip(stage.y - foot, 0, 1) / 0.09)
                        * (stage.y > foot)
                        * 0.7
                        * self.wet
                        * on
                    )
                    yield Plate(streak.astype(np.float32), self.glow, 0.86, "light", line=0)

    def air(self) -> Iterator[Plate]:
        """Rain, or the haze of the hour."""
        if self.raining:
            yield falling_rain(self.stage, "street", 1.0)
        veil = np.broadcast_to(0.10 * np.exp(-(((self.stage.y - EYE) / 0.1) ** 2)), (self.stage.h, self.stage.w))
        yield Plate(veil.astype(np.float32), self.light.haze, 0.0, "air", line=0)
