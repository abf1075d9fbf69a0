"""A plain ground: two calm tones, a great disc behind the subject, a soft floor. A poster's way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..canvas import Plate
from ..colour import Colour, hexed, mix, towards, tuned
from ..noise import step
from ..stage import Stage
from .base import Step, World


class Plain(World):
    """A studio."""

    horizon = 0.78
    footing = (0.80, 0.88)
    haze = 0.0
    tabletop = True
    size = 1.22

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.pattern = stage.scene.composition == "pattern" and bool(stage.scene.subjects)
        if self.pattern:
            self.grounded, self.shade = False, 0.0

    def steps(self) -> list[Step]:
        """Ground, glow, disc, floor, a hint of leaves, vignette."""
        light = self.light
        sets = (
            ("#f3d9b8", "#e9a87c", "#fff3dc"),
            ("#bcd4e2", "#7fa3c4", "#f4f1e6"),
            ("#f2c3bd", "#d98a94", "#fff0e6"),
            ("#c9d8bd", "#8fae8a", "#f7f3df"),
            ("#d8c8ea", "#9c86c4", "#faf0f2"),
            ("#f4dc96", "#e0b04e", "#fff7df"),
        )
        if light.night > 0.5:
            sets = (("#2a3470", "#141b45", "#f4ead0"), ("#1f4a5c", "#0d2634", "#f3e6c4"), ("#46306a", "#22173f", "#f7e2d6"))
        tones = sets[int(self.rng.integers(0, len(sets)))]
        self.tones: list[Colour] = [towards(hexed(c), light.palette, 0.9 if i < 2 else 0.3) for i, c in enumerate(tones)]
        if self.pattern:
            return [
                Step("the ground colour", 1.0, lambda: iter([self.stage.wash(self.tones[0])])),
                *[
                    Step(f"pale stripes, {name}", 0.99 - 0.01 * i, partial(self.stripes, i))
                    for i, name in enumerate(("first", "second", "third"))
                ],
            ]
        return [
            Step("the ground colour", 1.0, self.back),
            Step("a glow", 0.99, self.glow),
            Step("a great disc", 0.98, self.disc),
            Step("soft rings", 0.97, self.rings),
            Step("the floor", 0.95, self.bottom),
        ]

    def stripes(self, i: int) -> Iterator[Plate]:
        """Hand-drawn stripes at a slant, every third in its own tone."""
        stage = self.stage
        u = (stage.x * stage.across + 0.55 * stage.y * stage.down + 0.010 * (stage.lattice("sway", 5) - 0.5)) * 14
        mask = step(0.30, 0.26, np.abs((u / 3 - i / 3) % 1 - 0.5) * 3) * (0.30, 0.5, 0.16)[i]
        yield Plate(
            mask.astype(np.float32),
            (self.tones[2], mix(self.tones[0], self.tones[1], 0.4), self.tones[1])[i],
            0.98,
            "air",
            line=0,
        )

    def back(self) -> Iterator[Plate]:
        """An uneven gradient."""
        stage = self.stage
        t = np.clip(stage.y * 0.85 + 0.22 * (stage.fbm("back", 2, 4, coarse=4) - 0.5), 0, 1)[..., None]
        yield stage.wash((self.tones[0] + (self.tones[1] - self.tones[0]) * t).astype(np.float32))

    def glow(self) -> Iterator[Plate]:
        """Light from one side."""
        yield Plate(
            (0.32 * np.exp(-((self.stage.far(self.light.x, 0.1) / 0.6) ** 2))).astype(np.float32),
            self.tones[2],
            0.99,
            "light",
            line=0,
        )

    def disc(self) -> Iterator[Plate]:
        """The disc behind the subject, as a moon or a sun in a poster."""
        far = self.stage.far(0.5 + (self.light.x - 0.5) * 0.12, 0.44)
        yield Plate(0.30 * np.exp(-((far / 0.45) ** 2)).astype(np.float32), self.tones[2], 0.98, "light", line=0)
        yield Plate(step(0.322, 0.318, far) * 0.92, self.tones[2], 0.98, "detail", flow=0.8)

    def rings(self) -> Iterator[Plate]:
        """Two thin rings outside it."""
        far = self.stage.far(0.5 + (self.light.x - 0.5) * 0.12, 0.44)
        ring = np.exp(-(((far - 0.365) / 0.0016) ** 2)) + 0.6 * np.exp(-(((far - 0.40) / 0.0012) ** 2))
        yield Plate(np.clip(ring, 0, 1).astype(np.float32) * 0.6, self.tones[2], 0.97, "air", line=0)

    def bottom(self) -> Iterator[Plate]:
        """A low rise to stand on."""
        stage = self.stage
        edge = (0.79 + 0.05 * ((stage.x[0] - 0.5) * 2) ** 2 + 0.004 * (stage.line("floor", 4, 3) - 0.5)).astype(np.float32)
        tone = tuned(self.tones[1], -0.12, 1.1)
        down = np.clip((stage.y - 0.79) / 0.21, 0, 1)[..., None]
        yield Plate(
            stage.below(edge, 2), np.clip(tone * (1.06 - 0.22 * down) + 0 * stage.x[..., None], 0, 1).astype(np.float32), 0.95
        )
