"""Oil: strokes from broad to fine along the forms, loaded paint that catches the light on its ridges."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw

from ..canvas import Sheet
from ..colour import Field, grey
from ..noise import blur, blur_rgb, slope, step, streaks
from .base import Medium
from .strokes import bristles, orientation


class Oil(Medium):
    """Impasto on canvas."""

    passes = ("broad strokes", "strokes", "fine strokes", "light on the paint")
    wobble = 2.2
    paper = "#8a6a4c"
    shading = 1.25

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """Three brushes, then the relief."""
        stage = self.stage
        angle = orientation(stage, sheet, 0.006)
        tone = grey(sheet.rgb)
        detail = np.abs(tone - blur(tone, stage.unit * 0.012))
        detail = np.clip(
            blur(detail, stage.unit * 0.004) * 14 + sheet.figure * 0.9 + blur(sheet.line, stage.unit * 0.003) * 0.9, 0, 1
        )
        rich = np.clip(sheet.rgb + (sheet.rgb - tone[..., None]) * 0.14, 0, 1)
        rgb = self.brushed(blur_rgb(rich, stage.unit * 0.008), rich, angle, 0.024, 0.075, 0.0, detail, "broad")
        yield rgb
        rgb = self.brushed(rich, rgb, angle, 0.0105, 0.036, 0.16, detail, "middle")
        yield rgb
        rgb = self.brushed(rich, rgb, angle, 0.0044, 0.017, 0.42, detail, "fine")
        sharp = (step(0.55, 0.95, detail) * (0.35 + 0.45 * sheet.figure))[..., None]
        rgb = rgb + (rich - rgb) * np.clip(sharp, 0, 0.8)
        yield rgb
        yield self.lit(rgb, angle, detail)

    def brushed(
        self, colours: Field, ground: Field, angle: Field, wide: float, long: float, floor: float, detail: Field, key: str
    ) -> Field:
        """Strokes of one brush over `ground` where the picture has more detail than `floor`."""
        stage = self.stage
        rng = stage.rng("brush" + key)
        gap = max(1.6, wide * stage.unit * 0.62)
        columns, rows = int(stage.w / gap) + 1, int(stage.h / gap) + 1
        x = ((np.arange(columns)[None, :] + rng.random((rows, columns))) * gap).ravel()
        y = ((np.arange(rows)[:, None] + rng.random((rows, columns))) * gap).ravel()
        order = rng.permutation(len(x))
        x, y = x[order], y[order]
        ix, iy = np.clip(x, 0, stage.w - 1).astype(int), np.clip(y, 0, stage.h - 1).astype(int)
        keep = detail[iy, ix] >= floor
        x, y, ix, iy = x[keep], y[keep], ix[keep], iy[keep]
        a = angle[iy, ix] + rng.normal(0, 0.10, len(x))
        half = long * stage.unit * rng.uniform(0.35, 0.62, len(x)) * (1.1 - 0.6 * detail[iy, ix])
        colour = colours[iy, ix] * (1 + rng.normal(0, 0.028, (len(x), 1))) + rng.normal(0, 0.007, (len(x), 3))
        paint = (np.clip(colour, 0, 1) * 255).astype(np.uint8)
        ends = np.stack([x - np.cos(a) * half, y - np.sin(a) * half, x + np.cos(a) * half, y + np.sin(a) * half], -1)
        image = Image.fromarray((np.clip(ground, 0, 1) * 255).astype(np.uint8))
        pen = ImageDraw.Draw(image)
        width = max(1, round(wide * stage.unit * 0.8))
        for line, fill in zip(ends.tolist(), paint.tolist(), strict=True):
            pen.line(line, fill=tuple(fill), width=width)
        drawn = np.asarray(image, np.float32) / 255
        # Bristles drag neighbouring paint along, which also takes the hard ends off the strokes.
        return streaks(drawn, angle, max(1.0, wide * stage.unit * 0.28), 5)

    def lit(self, rgb: Field, angle: Field, detail: Field) -> Field:
        """Light raking over furrows and canvas."""
        stage = self.stage
        furrow = bristles(stage, angle, 0.016, "oil", 1.1)
        height = blur(furrow, 0.5) * 0.55 + 4.0 * (grey(rgb) - blur(grey(rgb), stage.unit * 0.004))
        gy, gx = slope(height)
        side = 1.0 if stage.light.x > 0.5 else -1.0
        tilt = np.clip(-gx * side * -1 * 0.7 - gy * 0.7, -2, 2) * (0.75 + 0.25 * detail)
        weave = np.sin(np.arange(stage.w)[None, :] * 1.9) * np.sin(np.arange(stage.h)[:, None] * 1.9)
        shine = 1 + 0.058 * tilt + 0.010 * weave
        gloss = np.clip(tilt - 1.0, 0, 1) * 0.05
        return np.clip(rgb * shine[..., None] + gloss[..., None], 0, 1)
