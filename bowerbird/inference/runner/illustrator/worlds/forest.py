"""A forest: trunks in three depths, light falling between them, ferns at the edge."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate
from ..colour import Colour, Field, mix, tuned
from ..flora import canopy, conifers, ferns, grass, trunks
from ..noise import step
from .base import Step, World


class Forest(World):
    """A clearing between trees."""

    horizon = 0.56
    footing = (0.66, 0.93)

    def steps(self) -> list[Step]:
        """Air, far trees, trunks, shafts of light, the clearing, leaves in front."""
        self.conifer = bool(self.rng.random() < (0.75 if self.stage.scene.season == "winter" else 0.45))
        return [
            Step("air between the trees", 1.0, self.air),
            Step("far trees", 0.97, partial(self.trees, 0)),
            Step("trees behind", 0.92, partial(self.trees, 1)),
            Step("the forest floor", 0.86, self.floor),
            Step("near trunks", 0.80, partial(self.trees, 2)),
            Step("shafts of light", 0.78, self.shafts),
            Step("leaves and ferns in front", -0.05, self.front),
        ]

    def air(self) -> Iterator[Plate]:
        """The glow at the end of the forest."""
        stage, light = self.stage, self.light
        yield from sky.sky(stage, 0.75)
        far = stage.far(light.x * 0.5 + 0.25, 0.42)
        yield Plate(0.85 * np.exp(-((far / 0.42) ** 2)), mix(light.haze, light.sun, 0.55), 1.0, "light", line=0)

    def trees(self, row: int) -> Iterator[Plate]:
        """One row of trees; the nearer, the fewer and the darker."""
        stage, light = self.stage, self.light
        t = (0.12, 0.42, 0.78)[row]
        tone = mix(light.leaf(0.35 + 0.5 * t), light.ground(0.2 + 0.75 * t), 0.35)
        tone = light.veil(tone, (0.95, 0.55, 0.10)[row])
        foot = 0.60 + 0.045 * row
        if self.conifer and row < 2:
            yield Plate(
                conifers(stage, f"row{row}", foot, (0.34, 0.52)[row], (26, 14)[row]),
                self.graded(tone, foot),
                0.95 - 0.1 * row,
                flow=1.5,
            )
            return
        bark = mix(tone, light.ground(0.9), 0.30 + 0.2 * row)
        bare = stage.scene.season == "winter"
        yield Plate(
            trunks(stage, f"row{row}", foot + 0.01, (22, 12, 5)[row], (0.010, 0.020, 0.046)[row]),
            self.graded(bark, foot),
            0.95 - 0.1 * row,
            flow=1.57,
        )
        if not bare:
            leaves = mix(tone, light.leaf(0.2 + 0.45 * t), 0.6)
            spots = stage.fbm(f"spots{row}", 26 - 6 * row, 3)[..., None]
            colour = leaves * (0.86 + 0.28 * spots) + 0.10 * light.key * step(0.62, 0.9, spots)
            yield Plate(
                canopy(stage, f"row{row}", (0.36, 0.26, 0.15)[row], (9.0, 7.0, 5.5)[row]),
                np.clip(colour, 0, 1),
                0.94 - 0.1 * row,
                flow=0.6,
            )

    def graded(self, colour: Colour, foot: float) -> Field:
        """Trunks fade into the ground mist towards their feet."""
        t = step(foot - 0.32, foot + 0.03, self.stage.y)[..., None] * (0.28 + 0.3 * self.light.fog)
        wide = np.broadcast_to(t, (self.stage.h, self.stage.w, 1))
        return (colour + (self.light.haze - colour) * wide).astype(np.float32)

    def floor(self) -> Iterator[Plate]:
        """The clearing, brightest where the light comes in."""
        stage, light = self.stage, self.light
        edge = 0.60 - 0.03 * (stage.line("floor", 3, 4) - 0.5)
        down = np.clip((stage.y - 0.58) / 0.42, 0, 1)
        pool = np.exp(-(((stage.x - (light.x * 0.4 + 0.3)) / 0.30) ** 2) - ((down - 0.22) / 0.34) ** 2)
        spots = stage.fbm("floor.spots", 7, 5, 0.6, stretch=5.0)
        tone = np.clip(0.34 + 0.55 * down - 0.34 * pool + 0.22 * (spots - 0.5), 0, 1)
        colour = light.leaf(tone)
        snow = stage.scene.season == "winter" or stage.scene.weather == "snow"
        if snow:
            colour = colour + (mix(light.haze, light.key, 0.6) - colour) * (0.75 - 0.35 * tone[..., None])
        yield Plate(
            stage.below(edge.astype(np.float32), 6),
            colour + (light.haze - colour) * (0.55 * (1 - step(0, 0.35, down)))[..., None],
            0.8,
            flow=0.0,
        )
        if not snow:
            yield from grass(stage, "clearing", 0.70, 0.035, 0.5, 0.75)

    def shafts(self) -> Iterator[Plate]:
        """Light falling in from the side of the sun, or the moon."""
        stage, light = self.stage, self.light
        lean = (light.x - 0.5) * 1.1
        across = (stage.x - light.x) * stage.across + (stage.y + 0.2) * stage.down * lean
        rays = stage.rng("rays").random(96).astype(np.float32)
        ray = np.interp(across.ravel(), np.linspace(-2, 2, 96), rays).reshape(across.shape).astype(np.float32)
        mask = (
            step(0.55, 0.95, ray) * step(1.0, 0.1, stage.y) * np.exp(-((across / 0.55) ** 2)) * 0.34 * (0.45 + 0.55 * light.disc)
        )
        yield Plate(mask, mix(light.sun, light.haze, 0.3), 0.6, "light", line=0)

    def front(self) -> Iterator[Plate]:
        """Dark ferns and a branch that frame the clearing."""
        dark = tuned(mix(self.light.leaf(0.95), self.light.ground(1.0), 0.4), -0.04)
        yield Plate(ferns(self.stage, "front", 9), dark, 0.02, "detail", flow=1.2)
        yield from grass(self.stage, "front", 1.0, 0.07, 1.0)
