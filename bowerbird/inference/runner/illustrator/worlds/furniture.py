"""What stands in a room: the window's frame and curtains, a rug, a lamp, a plant."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Plate, Point, polygons
from ..colour import Colour, Field, hexed, mix, towards, tuned
from ..flora import frond
from ..noise import blur, step
from .base import World


class Furnished(World):
    """A wall with a window (`pane`: left, top, right, bottom in 0..1) and things about it; the room sets the colours."""

    wall: Colour
    wood: Colour
    left: bool
    pane: tuple[float, float, float, float]

    def inside(self, grow: float = 0.0) -> Field:
        """A mask of the window opening, grown by `grow` units."""
        stage = self.stage
        x0, y0, x1, y1 = self.pane
        gx, gy = grow / stage.across, grow / stage.down
        soft = 1.2 / stage.h
        return (
            step(x0 - gx - soft, x0 - gx + soft, stage.x)
            * step(x1 + gx + soft, x1 + gx - soft, stage.x)
            * step(y0 - gy - soft, y0 - gy + soft, stage.y)
            * step(y1 + gy + soft, y1 + gy - soft, stage.y)
        ).astype(np.float32)

    def frame(self) -> Iterator[Plate]:
        """Frame, bars, sill, and curtains at both sides."""
        stage, light = self.stage, self.light
        x0, y0, x1, y1 = self.pane
        white = mix(light.lit(hexed("#f6f0e4")), self.wall, 0.15)
        ring = self.inside(0.018) - self.inside(0.0)
        bars = self.inside() * np.maximum(
            np.abs(stage.x - (x0 + x1) / 2) * stage.across < 0.005, np.abs(stage.y - (y0 + 0.4 * (y1 - y0))) * stage.down < 0.005
        )
        sill = ((stage.y > y1 + 0.015) & (stage.y < y1 + 0.034) & (stage.x > x0 - 0.045) & (stage.x < x1 + 0.045)).astype(
            np.float32
        )
        shade = blur(np.maximum(sill, ring), stage.unit * 0.012) * (1 - self.inside())
        yield Plate(0.4 * shade, self.wall * np.float32(0.5), 0.97, "shadow", line=0)
        yield Plate(np.clip(np.maximum(np.maximum(ring, bars), sill), 0, 1).astype(np.float32), white, 0.97, "detail", line=0.7)
        cloth = mix(
            light.lit(towards(hexed("#d9825f" if self.rng.random() < 0.5 else "#5f86a8"), light.palette, 0.6)),
            light.ground(0.7),
            0.1 + 0.35 * light.night,
        )
        for side in (-1, 1):
            edge = x0 - 0.012 if side < 0 else x1 + 0.012
            hang = np.clip((stage.y - y0 + 0.05) / (y1 - y0 + 0.16), 0, 1)
            wide = 0.045 + 0.030 * hang**2
            u = (stage.x - edge) * side * stage.across
            mask = step(-0.035, -0.033, u) * step(wide, wide - 0.004, u) * (stage.y > y0 - 0.05) * (stage.y < y1 + 0.11)
            fold = 0.5 + 0.5 * np.sin(u * 260 / (0.8 + hang))
            yield Plate(
                mask.astype(np.float32),
                np.clip(cloth * (0.78 + 0.34 * fold[..., None]), 0, 1).astype(np.float32),
                0.96,
                flow=1.57,
            )

    def things(self) -> Iterator[Plate]:
        """A round rug where the guest stands, and a lamp that glows towards evening."""
        stage, light = self.stage, self.light
        cloth = [
            mix(light.lit(towards(hexed(c), light.palette, 0.7)), light.ground(0.7), 0.1 + 0.35 * light.night)
            for c in ("#a8483c", "#e9d7b4", "#37587c")
        ]
        far = np.hypot((stage.x - 0.5) * stage.across / 0.36, (stage.y - 0.885) * stage.down / 0.085)
        for edge, colour in ((1.0, cloth[0]), (0.88, cloth[1]), (0.80, cloth[2]), (0.45, cloth[1]), (0.38, cloth[0])):
            yield Plate(step(edge + 0.008, edge - 0.008, far), colour, 0.9, "detail", line=0.5)
        x = 0.86 if self.left else 0.14
        pole = ((np.abs(stage.x - x) * stage.across < 0.004) & (stage.y > 0.38) & (stage.y < 0.78)).astype(np.float32)
        yield Plate(pole, tuned(self.wood, -0.22), 0.9, "detail", line=0.4)
        shade = [[(x - 0.035, 0.30), (x + 0.035, 0.30), (x + 0.07, 0.40), (x - 0.07, 0.40)]]
        glow = 0.25 + 0.75 * light.night
        yield Plate(
            (0.55 * glow * np.exp(-((stage.far(x, 0.40) / 0.20) ** 2))).astype(np.float32), hexed("#ffcf80"), 0.9, "light", line=0
        )
        yield Plate(
            polygons(stage.w, stage.h, [[(a * stage.w, b * stage.h) for a, b in s] for s in shade]),
            mix(hexed("#ffe2a8"), self.wall, 0.5 * (1 - glow)),
            0.9,
            "detail",
            line=0.7,
        )

    def plant(self) -> Iterator[Plate]:
        """A plant in a pot under the window."""
        stage, light = self.stage, self.light
        rng = stage.rng("plant")
        x, foot = (0.10 if self.left else 0.90) * stage.w, 0.80 * stage.h
        pot = stage.unit * 0.048
        shapes: list[list[Point]] = []
        for bend in np.linspace(-2.0, 2.0, 9):
            shapes += frond(x, foot - pot * 1.5, stage.unit * (0.17 + 0.08 * rng.random()), float(bend) * 0.7, 12, 0.2)
        yield Plate(polygons(stage.w, stage.h, shapes), mix(light.leaf(0.7), light.ground(0.8), 0.25), 0.88, "detail", flow=1.0)
        body = [[(x - pot, foot - pot * 1.7), (x + pot, foot - pot * 1.7), (x + pot * 0.72, foot), (x - pot * 0.72, foot)]]
        yield Plate(
            polygons(stage.w, stage.h, body),
            mix(light.lit(hexed("#c8744f")), light.ground(0.8), 0.15 + 0.3 * light.night),
            0.88,
            "detail",
            flow=1.5,
        )
