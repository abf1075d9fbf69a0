"""Ink wash: one ink thinned with water, a drier brush for outlines, colour held back; a seal in the corner."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import ImageDraw

from ..canvas import Laid, Plate, Sheet, drawn
from ..colour import Field, grey, hexed, mix, tuned
from ..noise import blur, step
from .strokes import bristles
from .watercolour import Watercolour


class Ink(Watercolour):
    """Sumi on rice paper. Figures keep a breath of their colour, more where the words asked for one."""

    passes = ("brush lines", "rice paper and seal")
    wobble = 4.0
    paper = "#f4eee0"

    def cover(self, sheet: Sheet, plate: Plate, laid: Laid) -> None:
        """Tones become water and ink: far and bright things nearly paper, near and dark ones nearly black."""
        tone = grey(laid.colour)
        night = self.stage.light.night
        if plate.kind == "sky":
            tone = 1 - (1 - tone) * (0.48 + 0.16 * night)
        elif plate.kind == "air":
            tone = 1 - (1 - tone) * 0.5
        else:
            lift = np.clip(plate.depth - 0.30, 0, 1) * 0.30
            tone = np.clip((tone - 0.22 * (1 - night)) * 1.30 + 0.14 * night, 0, 1)
            tone = tone + (1 - tone) * lift
            if plate.kind == "figure":
                tone = np.clip((tone - 0.06) * 1.18, 0, 1)
        light = self.stage.light
        tint = tuned(mix(light.sky[1], light.ground(0.6), 0.5), 0.0, 1.5)
        paper, ink = hexed(self.paper), mix(hexed("#17171f"), tint, 0.10)
        middle = np.clip(1 - np.abs(tone - 0.55) / 0.45, 0, 1)[..., None] * (0.34 if plate.kind in ("sky", "land") else 0.12)
        wash = paper * tone[..., None] + ink * (1 - tone[..., None])
        wash = wash + (tint * (0.55 + 0.6 * tone[..., None]) - wash) * middle
        asked = any(s.colour for s in self.stage.scene.subjects)
        hue = (0.85 if asked else 0.66) if plate.kind == "figure" else 0.20 if plate.kind == "detail" else 0.10
        chroma = laid.colour - grey(laid.colour)[..., None]
        coloured = np.clip(wash + chroma * hue * (0.5 + 0.5 * tone[..., None]), 0, 1).astype(np.float32)
        super().cover(sheet, plate, Laid(laid.part, laid.mask, coloured, laid.flow))

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """Outlines with a brush that swells and runs dry; then paper and seal."""
        stage = self.stage
        press = stage.fbm("press", 7, 3, coarse=2)
        dry = bristles(stage, sheet.flow, 0.012, "ink")
        line = blur(sheet.line, stage.unit * 0.0007)
        stroke = step(0.52 - 0.34 * press, 0.76 - 0.3 * press, line * (0.70 + 0.5 * press) + 0.05 * dry) * step(
            -1.6, 0.2, dry + 1.4 * press
        )
        near = 1 - 0.55 * np.clip(sheet.depth, 0, 1)
        rgb = sheet.rgb + (hexed("#131319") - sheet.rgb) * (stroke * near * 0.85)[..., None]
        yield rgb
        fibre = stage.fbm("fibre", 44, 4, 0.7, stretch=5) - 0.5
        rgb = rgb * (1 + 0.05 * fibre + 0.04 * (self.tooth - 0.5))[..., None]
        # The washes stop short of the edge in an uneven line, as they do when the paper is not taped.
        margin = np.minimum(np.minimum(stage.x, 1 - stage.x) * stage.across, np.minimum(stage.y, 1 - stage.y) * stage.down)
        inside = step(0.004, 0.055, margin + 0.030 * (stage.fbm("border", 5, 5, 0.6, coarse=2) - 0.5))
        rgb = hexed(self.paper) + (rgb - hexed(self.paper)) * inside[..., None]
        seal = drawn(stage.w, stage.h, self.seal) * step(0.10, 0.35, self.tooth + 0.25)
        yield np.clip(rgb + (hexed("#b3362b") - rgb) * (seal * 0.88)[..., None], 0, 1)

    def seal(self, pen: ImageDraw.ImageDraw, scale: float) -> None:
        """A small red seal: a bower, two arches over a dot."""
        stage = self.stage
        size = stage.unit * 0.042 * scale
        x, y = (stage.w * 0.905) * scale, (stage.h * 0.895) * scale
        if stage.light.x > 0.75:
            x = stage.w * 0.065 * scale
        pen.rounded_rectangle([x, y, x + size, y + size], size * 0.14, fill=255)
        wide = max(1, round(size * 0.075))
        for k in (0.16, 0.32):
            pen.arc(
                [x + size * k, y + size * (0.10 + k * 0.6), x + size * (1 - k), y + size * (1.5 - k * 0.3)],
                180,
                360,
                fill=0,
                width=wide,
            )
        pen.ellipse([x + size * 0.43, y + size * 0.66, x + size * 0.57, y + size * 0.80], fill=0)
