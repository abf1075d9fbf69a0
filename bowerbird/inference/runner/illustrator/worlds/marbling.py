"""Ink marbling: colour floated on water and drawn into veins; a subject lies in it as a cut-out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Plate
from ..colour import Colour, Field, hexed, mix, ramp, towards
from ..noise import blur, slope, step, warp
from ..stage import Stage
from .base import Step, World


def inks(stage: Stage) -> list[Colour]:
    """Five colours dark to light: from the palette where there is one, else a set that suits the light."""
    light = stage.light
    sets = (
        ("#0d1b4f", "#21409a", "#4f7fd6", "#b9d3f2", "#f3ecd8"), ("#0d2b2a", "#1f5a52", "#5aa08d", "#c4dfcf", "#f5efdc"),
        ("#2a1026", "#7a2a4a", "#d0606a", "#f4b59a", "#fbeedd"), ("#1b1638", "#4a3a86", "#9a7ac8", "#e3c3dd", "#fbf0e4"),
        ("#2b1a14", "#7a4426", "#c98a44", "#ecc98a", "#fbf1da"),
    )  # fmt: skip
    chosen = sets[int(stage.rng("inks").integers(0, len(sets)))]
    out = [towards(hexed(c), light.palette, 0.85) for c in chosen]
    return [mix(c, light.sky[i % 4] if light.night > 0.5 else c, 0.25) for i, c in enumerate(out)]


class Marbling(World):
    """A basin of ink."""

    grounded = False
    size = 1.28
    shade = 0.0
    haze = 0.0
    horizon = 1.5

    def steps(self) -> list[Step]:
        """Bath, drops, combing, veins, gold."""
        self.tones = inks(self.stage)
        return [
            Step("the bath", 1.0, lambda: iter([self.stage.wash(self.tones[4])])),
            Step("drops of ink", 0.99, self.first),
            Step("drawn with a comb", 0.98, self.second),
            Step("folds", 0.97, self.folds),
            Step("veins of gold", 0.96, self.gold),
            Step("still water", 0.50, self.calm),
        ]

    def fields(self) -> tuple[Field, Field]:
        """The folded field and its bands, made once."""
        stage = self.stage
        reach = stage.unit * 0.28
        a, b, c = stage.fbm("a", 2, 6, coarse=2), stage.fbm("b", 2, 6, coarse=2), stage.fbm("c", 3, 6)
        q = warp(c, reach * (a - 0.5), reach * (b - 0.5))
        r = warp(q, reach * 1.3 * (q - 0.5), reach * 1.1 * (a - 0.5))
        return q, r

    def first(self) -> Iterator[Plate]:
        """The first ink spreading."""
        self.q, self.r = self.fields()
        yield self.stage.wash(ramp(np.clip(self.q, 0, 1), self.tones), 0.99)

    def second(self) -> Iterator[Plate]:
        """Bands folded over each other."""
        self.band = 0.5 + 0.5 * np.sin(self.r * 26 + self.q * 6)
        yield self.stage.wash(ramp(np.clip(0.55 * self.r + 0.45 * self.band * (0.4 + 0.6 * self.q), 0, 1), self.tones), 0.98)

    def folds(self) -> Iterator[Plate]:
        """The thickness of the ink, seen in a raking light."""
        gy, gx = slope(blur(self.r, self.stage.unit * 0.002))
        relief = np.clip((gx + gy) * 0.13 * self.stage.unit, -1, 1)
        yield Plate(np.clip(relief, 0, 1) * 0.22, hexed("#ffffff"), 0.97, "light", line=0)
        yield Plate(np.clip(-relief, 0, 1) * 0.30, self.tones[0], 0.97, "shadow", line=0)

    def gold(self) -> Iterator[Plate]:
        """Gold along some of the veins."""
        vein = np.exp(-(((self.band - 0.5) / 0.035) ** 2)) * step(0.4, 0.8, self.q)
        yield Plate((vein * 0.45).astype(np.float32), hexed("#f0d9a2"), 0.96, "air", line=0)

    def calm(self) -> Iterator[Plate]:
        """A lighter pool round the middle where something is to be seen."""
        if self.stage.scene.subjects:
            pool = 0.34 * np.exp(-((self.stage.far(0.5, 0.5) / 0.34) ** 4))
            yield Plate(pool.astype(np.float32), self.tones[4], 0.5, "air", line=0)
