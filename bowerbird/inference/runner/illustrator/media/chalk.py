"""Chalk and pastel on dark paper: colour that catches on the tooth, hatching, smudges, the paper showing through."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Sheet
from ..colour import Field, grey, hexed, mix
from ..noise import blur, blur_rgb, step
from .base import Medium
from .strokes import bristles, orientation


class Chalk(Medium):
    """Soft pastel on blue-black paper."""

    passes = ("smudged ground", "hatching", "outlines and dust")
    wobble = 3.0
    paper = "#23263a"
    shading = 1.2

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """Smudge, hatch, outline."""
        stage = self.stage
        paper = mix(hexed(self.paper), stage.light.ground(0.95), 0.35)
        tooth = stage.fbm("tooth", 210, 2, 0.8)
        tone = grey(sheet.rgb)
        bright = np.clip(sheet.rgb + (sheet.rgb - tone[..., None]) * 0.30 + 0.05, 0, 1)
        soft = blur_rgb(bright, stage.unit * 0.006)
        pressure = np.clip(0.16 + 0.98 * tone, 0, 1)
        rgb = paper + (soft - paper) * (0.50 + 0.26 * blur(pressure, stage.unit * 0.004))[..., None]
        yield rgb
        angle = orientation(stage, sheet, 0.008, 0.5)
        hatch = bristles(stage, angle * 0.5 + 0.45, 0.020, "hatch", 1.6)
        grip = pressure * 1.05 + 0.16 * tone + 0.065 * hatch + 0.22 * sheet.figure + 0.26 - 0.80 * (1 - tooth)
        deposit = step(0.0, 0.42, grip)
        rgb = rgb + (bright * (1 + 0.05 * hatch[..., None]) - rgb) * (deposit * 0.92)[..., None]
        yield np.clip(rgb, 0, 1)
        line = np.clip(sheet.line, 0, 1) * step(0.30, 0.62, tooth + 0.2) * (0.34 + 0.3 * (1 - np.clip(sheet.depth, 0, 1)))
        lit = np.clip(bright * 1.25 + 0.16, 0, 1)
        rgb = rgb + (lit - rgb) * (line * 0.8)[..., None]
        dust = step(0.86, 0.98, stage.fbm("dust", 120, 2, 0.9)) * 0.05
        margin = np.minimum(np.minimum(stage.x, 1 - stage.x) * stage.across, np.minimum(stage.y, 1 - stage.y) * stage.down)
        rubbed = step(0.006, 0.034, margin + 0.022 * (tooth - 0.5) + 0.012 * hatch * 0.4)
        rgb = paper + (rgb - paper) * rubbed[..., None] + dust[..., None]
        yield np.clip(rgb * (0.96 + 0.08 * tooth[..., None]), 0, 1)
