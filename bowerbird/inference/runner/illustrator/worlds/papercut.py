"""Cut-paper contours: sheets laid one on another, each with a hole cut into it, down to the lightest at the bottom."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..canvas import Plate
from ..colour import Field, hexed, ramp
from ..noise import blur, shifted, step, warp
from .base import Step, World
from .marbling import inks


class PaperContours(World):
    """A deep valley of paper."""

    grounded = False
    size = 1.28
    shade = 0.0
    haze = 0.0
    horizon = 1.5
    sheets = 8

    def steps(self) -> list[Step]:
        """The lowest sheet, a sun, then sheet on sheet."""
        self.tones = list(reversed(inks(self.stage)))
        names = (
            "the lowest sheet",
            "second sheet",
            "third sheet",
            "fourth sheet",
            "fifth sheet",
            "sixth sheet",
            "seventh sheet",
            "the top sheet",
        )
        out = [Step(names[0], 1.0, self.ground_sheet)]
        # The subject lies in the valley: the last three sheets come over its edges, the others under it.
        out += [Step(names[i], 0.9 - 0.05 * i if i < 6 else -0.02 * i, partial(self.sheet, i)) for i in range(1, self.sheets)]
        return out

    def ground_sheet(self) -> Iterator[Plate]:
        """Where the light comes from."""
        stage = self.stage
        reach = stage.unit * 0.12
        field = warp(
            stage.fbm("paper", 2.6, 4, 0.42, coarse=2),
            reach * (stage.fbm("px", 2, 3, coarse=4) - 0.5),
            reach * (stage.fbm("py", 2, 3, coarse=4) - 0.5),
        )
        basin = (
            np.clip(stage.far(0.5, 0.48) / 0.62, 0, 1.4) if stage.scene.subjects else stage.y * 0.9 + 0.15 * np.abs(stage.x - 0.5)
        )
        field = field * 0.55 + basin * (0.75 if stage.scene.subjects else 0.62)
        self.field: Field = (field - field.min()) / (field.max() - field.min())
        self.levels = np.quantile(self.field[::4, ::4], np.linspace(0.16, 0.90, self.sheets - 1))
        yield stage.wash(
            np.clip(self.tones[0] * (1.04 - 0.10 * stage.y[..., None]) + 0 * stage.x[..., None], 0, 1).astype(np.float32)
        )
        sun = stage.far(self.stage.light.x, 0.24)
        yield Plate(step(0.11, 0.106, sun), hexed("#fff6df"), 0.99, "detail", line=0.5)

    def sheet(self, i: int) -> Iterator[Plate]:
        """One sheet: its shadow on what lies below, its body, its bright cut edge."""
        stage = self.stage
        level = float(self.levels[i - 1])
        mask = step(-0.0024, 0.0024, self.field - level)
        unit = stage.unit / 1080
        for dx, dy, radius, dark in ((3, 5, 3, 0.22), (8, 18, 16, 0.30), (10, 34, 40, 0.20)):
            shade = blur(shifted(mask, -round(dx * unit), -round(dy * unit)), radius * unit) * (1 - mask) * dark
            yield Plate(shade, hexed("#100c1c"), 0.8, "shadow", line=0)
        tone = ramp(np.array(i / (self.sheets - 1)), self.tones)
        mottle = 1 + 0.05 * (stage.fbm(f"mottle{i}", 4, 4, coarse=3)[..., None] - 0.5)
        yield Plate(mask, np.clip(tone * mottle, 0, 1).astype(np.float32), 0.9 - 0.05 * i, flow=0.4 * i)
        rim = np.clip(mask - shifted(mask, 0, max(1, round(2 * unit))), 0, 1)
        yield Plate(rim * 0.4, hexed("#ffffff"), 0.8, "light", line=0)
