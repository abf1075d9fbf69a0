"""Clean: even gradients with the fine stipple of a printed illustration."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Sheet, screen
from ..colour import Field, grey
from ..noise import blur, blur_rgb, step
from .base import Medium, grain


class Clean(Medium):
    """Smooth paint, a breath of bloom round the lights, stipple in the shadows."""

    passes = ("bloom", "grain")

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """Bloom, then stipple and grain."""
        stage = self.stage
        bright = step(0.72, 1.0, grey(sheet.rgb)) * (0.35 + 0.65 * stage.light.night)
        halo = blur_rgb(sheet.rgb * bright[..., None], stage.unit * 0.02)
        rgb = screen(sheet.rgb, np.clip(halo, 0, 1), np.full(bright.shape, 0.35, np.float32))
        yield rgb
        tone = grey(rgb)
        shadow = step(0.75, 0.1, tone) * step(0.0, 0.12, np.abs(tone - blur(tone, stage.unit * 0.03)) + 0.06)
        speck = stage.rng("stipple").normal(0, 1, tone.shape).astype(np.float32)
        edge = 1 - 0.16 * step(0.55, 1.05, np.hypot((stage.x - 0.5) * 1.15, stage.y - 0.5) * 1.25)
        yield np.clip(rgb * (grain(stage, 0.035) * edge + 0.035 * speck * shadow)[..., None], 0, 1)
