"""Watercolour: transparent pigment that pools at wet edges and settles in the paper's valleys; a ragged white margin."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Laid, Plate, Sheet
from ..colour import Field, hexed
from ..noise import blur, blur_rgb, step
from ..stage import Stage
from .base import Medium


class Watercolour(Medium):
    """Cold-pressed paper, wet washes."""

    passes = ("drying edges", "paper and pigment")
    wobble = 3.2
    paper = "#fcfaf3"
    shading = 0.9

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.tooth = stage.fbm("paper", 130, 3, 0.7)
        self.wash = stage.fbm("wash", 4.5, 6, 0.58, coarse=2)
        bloom = stage.fbm("bloom", 2.6, 4, 0.55, coarse=2)
        # A backrun: water creeping into a drying wash pushes pigment to a thin dark line along its front.
        self.backrun = np.exp(-(((bloom - 0.66) / 0.018) ** 2)) - 0.9 * step(0.66, 0.76, bloom)
        self.count = 0

    def cover(self, sheet: Sheet, plate: Plate, laid: Laid) -> None:
        """A wash: density follows water, edges and paper; the darker the paint, the more it does."""
        unit = self.stage.unit
        rows, columns = laid.part
        self.count += 1
        turn = (slice(None, None, -1 if self.count & 1 else 1), slice(None, None, -1 if self.count & 2 else 1))
        wash, backrun = self.wash[turn][rows, columns], self.backrun[turn][rows, columns]
        strength = {"sky": 0.85, "land": 1.0, "figure": 0.86, "detail": 0.6, "air": 0.35}.get(plate.kind, 1.0)
        density = strength * (0.50 * (wash - 0.5) + (0.10 * backrun if plate.kind != "figure" else 0.0))
        density += (0.26 if plate.kind != "sky" else 0.18) * strength * (self.tooth[rows, columns] - 0.5)
        mask = laid.mask
        if plate.kind not in ("sky", "air"):
            wide, thin = blur(mask, unit * 0.0075), blur(mask, unit * 0.0022)
            density += strength * (0.30 * np.clip(1 - wide, 0, 1) + 0.75 * np.clip(1 - thin, 0, 0.5)) * mask
            density -= 0.10 * strength
        c = laid.colour
        if plate.kind == "figure" and c.ndim == 3:  # wet in wet: neighbouring colours run into each other a little
            c = c * 0.45 + blur_rgb(c, unit * 0.0042) * 0.55
            density += 0.22 * (np.linspace(0, 1, mask.shape[0], dtype=np.float32)[:, None] - 0.45) * mask
        paint = c * (1 - np.clip(density, -0.6, 1.2)[..., None] * (1 - c) * 0.95)
        lift = np.clip(-density, 0, 0.5)[..., None] * 0.30
        paint = paint + (1 - paint) * lift
        opacity = 0.95 if plate.kind in ("figure", "detail") else 0.93
        part = sheet.rgb[laid.part]
        sheet.rgb[laid.part] = part + (np.clip(paint, 0, 1) - part) * (mask * opacity)[..., None]

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """Outlines dry darker; then paper tooth, and the white margin left by the tape."""
        stage = self.stage
        rgb = sheet.rgb * (1 - 0.16 * sheet.line[..., None] * (1 - 0.5 * sheet.rgb))
        yield rgb
        slope = self.tooth - np.roll(self.tooth, (1, 1), (0, 1))
        light = 1 + 0.085 * slope * min(1.6, stage.unit / 560) + 0.04 * (self.tooth - 0.5)
        light += 0.012 * stage.rng("speck").normal(0, 1, self.tooth.shape).astype(np.float32)
        margin = 0.030
        ragged = 0.009 * (stage.fbm("edge", 9, 5, 0.6, coarse=2) - 0.5) + 0.006 * (self.tooth - 0.5)
        inside = (
            np.minimum(np.minimum(stage.x, 1 - stage.x) * stage.across, np.minimum(stage.y, 1 - stage.y) * stage.down)
            - margin
            + ragged
        )
        painted = step(-0.0012, 0.0016, inside)
        rim = np.exp(-((np.clip(inside, 0, 1) / 0.0035) ** 2)) * 0.20
        rgb = rgb * (1 - rim[..., None] * (1 - rgb * 0.6))
        rgb = hexed(self.paper) + (rgb - hexed(self.paper)) * painted[..., None]
        yield np.clip(rgb * light[..., None], 0, 1)
