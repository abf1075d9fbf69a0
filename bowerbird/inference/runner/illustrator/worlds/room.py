"""A room: a window with weather behind it, its light across the floor, a plant, a picture, a rug."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .. import sky
from ..canvas import Plate
from ..colour import Colour, hexed, mix, towards
from ..noise import step
from ..scenery import falling_rain, falling_snow
from ..stage import Stage
from .base import Step
from .furniture import Furnished
from .perches import perched


class Room(Furnished):
    """Four walls, of which one is seen."""

    horizon = 0.70
    footing = (0.78, 0.94)
    haze = 0.0
    size = 0.95

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.left = self.light.x < 0.5
        self.sat_on = perched(stage)
        half = (0.27 if self.sat_on else 0.17) / max(0.8, stage.across)
        middle = (0.42 if self.left else 0.58) if self.sat_on else 0.34 if self.left else 0.66
        self.pane = (middle - half, 0.11 if self.sat_on else 0.15, middle + half, 0.66 if self.sat_on else 0.56)
        self.opening = self.pane

    def steps(self) -> list[Step]:
        """What is outside, wall round the window, floor, light, rug, things."""
        light, rng = self.light, self.rng
        walls = ("#e9d3bd", "#c9d3c4", "#b9c9d6", "#e6c3b4", "#d8cfe0", "#e8ddb9")
        self.wall: Colour = mix(
            light.lit(towards(hexed(walls[int(rng.integers(0, 6))]), light.palette, 0.8)),
            light.ground(0.7),
            0.05 + 0.42 * light.night,
        )
        self.wood: Colour = mix(light.lit(hexed("#b07a4e")), light.ground(0.85), 0.12 + 0.40 * light.night)
        return [
            Step("outside", 1.0, self.outside),
            Step("the wall", 0.98, self.walls),
            Step("the window", 0.97, self.frame),
            Step("the floor", 0.95, self.boards),
            Step("light across the room", 0.93, self.beam),
            Step("rug and lamp", 0.90, self.things),
            Step("a plant", 0.88, self.plant),
        ]

    def outside(self) -> Iterator[Plate]:
        """Sky and hills seen through the window."""
        stage, light = self.stage, self.light
        yield from sky.sky(stage, 0.60)
        x0, y0, x1, y1 = self.pane
        far = stage.far(x0 + 0.65 * (x1 - x0), y0 + 0.3 * (y1 - y0))
        yield Plate((0.5 * np.exp(-((far / 0.13) ** 2))).astype(np.float32), light.sun, 1.0, "light", line=0)
        yield Plate(step(0.038, 0.035, far) * 0.9, light.sun, 1.0, "detail", line=0.3)
        for i in range(3):
            edge = (0.43 + 0.05 * i - 0.10 * (stage.line(f"view{i}", 4 + i, 4) - 0.4)).astype(np.float32)
            yield Plate(stage.below(edge), light.ground(0.15 + 0.3 * i), 1.0, line=0.3)
        if stage.scene.weather in ("rain", "storm"):
            yield falling_rain(stage, "room", 1.5)
            yield from self.drops()
        elif stage.scene.weather == "snow" or stage.scene.season == "winter":
            yield falling_snow(stage, "room", 1.4)

    def drops(self) -> Iterator[Plate]:
        """Rain running down the pane: beads, and the tracks of those that have run."""
        stage, rng = self.stage, self.stage.rng("drops")
        beads = np.zeros((stage.h, stage.w), np.float32)
        for _ in range(90):
            x, y = rng.uniform(self.pane[0], self.pane[2]), rng.uniform(self.pane[1], self.pane[3])
            r = 0.0025 + 0.004 * rng.random()
            beads = np.maximum(beads, step(1.0, 0.6, stage.far(x, y) / r))
            if rng.random() < 0.3:
                run = (
                    step(1.0, 0.4, np.abs(stage.x - x) * stage.across / (r * 0.6))
                    * (stage.y < y)
                    * (stage.y > y - rng.uniform(0.04, 0.16))
                )
                beads = np.maximum(beads, 0.4 * run)
        yield Plate((beads * 0.55).astype(np.float32), mix(self.light.haze, hexed("#ffffff"), 0.5), 1.0, "light", line=0)

    def walls(self) -> Iterator[Plate]:
        """Plaster, darker away from the window."""
        stage, light = self.stage, self.light
        x0, y0, x1, y1 = self.pane
        far = stage.far((x0 + x1) / 2, (y0 + y1) / 2)
        tone = np.clip(0.06 + 0.55 * far + 0.10 * (stage.fbm("plaster", 5, 5, 0.6, coarse=2) - 0.5), 0, 1)[..., None]
        dark = mix(self.wall * np.float32(0.72), light.ambient, 0.22)
        yield Plate(1 - self.inside(), (self.wall + (dark - self.wall) * tone).astype(np.float32), 0.98, flow=0.7, line=0.2)

    def boards(self) -> Iterator[Plate]:
        """Floorboards in perspective and a skirting."""
        stage = self.stage
        v = np.clip((stage.y - 0.70) / 0.30, 0, 1)
        u = (stage.x - 0.5) * stage.across / (0.55 + v) * 9
        each = (np.sin(np.floor(u) * 12.9898) * 43758.5453) % 1
        grain = stage.fbm("boards", 30, 3, stretch=0.12) - 0.5
        tone = 0.90 + 0.16 * (each - 0.5) + 0.10 * grain - 0.12 * v - 0.25 * step(0.96, 1.0, np.abs((u % 1) - 0.5) * 2)
        yield Plate(
            stage.below(np.full(stage.w, 0.70, np.float32)),
            np.clip(self.wood * tone[..., None], 0, 1).astype(np.float32),
            0.95,
            flow=1.3,
            line=0.4,
        )
        skirting = ((stage.y > 0.675) & (stage.y < 0.702)).astype(np.float32) + 0 * stage.x
        yield Plate(
            skirting.astype(np.float32), mix(self.wall, hexed("#ffffff"), 0.3 * (1 - self.light.night)), 0.95, "detail", line=0.6
        )

    def beam(self) -> Iterator[Plate]:
        """The window's light on the floor, slanting, with the shadow of its bars."""
        stage, light = self.stage, self.light
        x0, _, x1, _ = self.pane
        slant = 0.55 if self.left else -0.55
        v = np.clip((stage.y - 0.74) / 0.22, 0, 1)
        u = (stage.x - slant * (stage.y - 0.60) - x0 - 0.02) / (x1 - x0)
        patch = step(0, 0.03, u) * step(1, 0.97, u) * step(0.74, 0.75, stage.y) * step(0.96, 0.95, stage.y)
        patch *= 1 - 0.9 * step(0.04, 0.02, np.abs(u - 0.5)) - 0.9 * step(0.06, 0.03, np.abs(v - 0.45)) * (np.abs(u - 0.5) > 0.04)
        yield Plate(
            (np.clip(patch, 0, 1) * (0.42 - 0.16 * light.night) * (0.4 + 0.6 * light.disc)).astype(np.float32),
            mix(light.sun, light.key, 0.4),
            0.93,
            "light",
            line=0,
        )
