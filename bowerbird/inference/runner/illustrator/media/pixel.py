"""Pixel art: a small grid, a small palette, dithering by hand's pattern, a dark outline round figures."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image

from ..canvas import Sheet
from ..colour import Field, to_lab, to_rgb
from ..stage import Stage
from .base import Medium

_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 0.47
_COLOURS = 36


class Pixel(Medium):
    """About 150 pixels a side."""

    passes = ("palette", "pixels")
    shading = 1.0

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.size = max(2, round(stage.unit / 150))

    def small(self, field: Field) -> Field:
        """A field or picture at one value a pixel of the grid."""
        size = self.size
        rows, columns = math.ceil(field.shape[0] / size), math.ceil(field.shape[1] / size)
        pad = [(0, rows * size - field.shape[0]), (0, columns * size - field.shape[1])] + [(0, 0)] * (field.ndim - 2)
        grown = np.pad(field, pad, mode="edge")
        return grown.reshape(rows, size, columns, size, *field.shape[2:]).mean((1, 3), dtype=np.float32)

    def large(self, small: Field) -> Field:
        """Back to the sheet's size, each pixel a square."""
        return small.repeat(self.size, 0).repeat(self.size, 1)[: self.stage.h, : self.stage.w]

    def look(self, sheet: Sheet) -> Field:
        """Previews are pixels too."""
        return self.large(self.small(sheet.rgb))

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """Choose the palette, dither to it, outline."""
        small = self.small(sheet.rgb)
        figure = self.small(sheet.figure)
        palette = self.palette(small, figure)
        calm = figure > 0.5
        lab = to_lab(small)
        tile = np.tile(_BAYER, (math.ceil(lab.shape[0] / 4), math.ceil(lab.shape[1] / 4)))[: lab.shape[0], : lab.shape[1]]
        spread = np.where(calm, 0.010, 0.036).astype(np.float32)
        lab[..., 0] += tile * spread
        index = ((lab[:, :, None, :] - palette[None, None]) ** 2).sum(-1).argmin(-1)
        colours = to_rgb(palette.astype(np.float32))
        rgb = colours[index]
        yield self.large(rgb)
        inside = figure > 0.45
        around = np.zeros_like(inside)
        for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            around |= np.roll(inside, (dy, dx), (0, 1))
        outline = around & ~inside
        darkest = colours[palette[:, 0].argmin()]
        rgb[outline] = rgb[outline] * 0.25 + darkest * 0.75
        yield self.large(rgb)

    def palette(self, small: Field, figure: Field) -> Field:
        """The palette (n, 3) in OKLab: most for the world, a share kept for figures, which are small but looked at."""
        share = 10 if bool((figure > 0.5).any()) else 0
        parts = [self.chosen(small.reshape(-1, 3), _COLOURS - share)]
        if share:
            parts.append(self.chosen(small[figure > 0.5], share))
        return to_lab(np.concatenate(parts))

    @staticmethod
    def chosen(pixels: Field, count: int) -> Field:
        """`count` colours that stand for these pixels."""
        line = Image.fromarray((np.clip(pixels, 0, 1)[None] * 255).astype(np.uint8))
        table = line.quantize(count, Image.Quantize.MEDIANCUT).getpalette() or [0, 0, 0]
        return np.array(table[: count * 3], np.float32).reshape(-1, 3) / 255
