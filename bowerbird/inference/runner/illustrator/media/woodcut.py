"""Woodcut: a key block whose lines swell with the shadow and follow the form, over a few flat colour blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Sheet
from ..colour import Field, grey, hexed, mix, to_lab, to_rgb
from ..noise import blur, blur_rgb, shifted, slope, step
from .base import Medium
from .strokes import orientation


class Woodcut(Medium):
    """Carved with the grain."""

    passes = ("colour blocks", "the key block", "printed on paper")
    wobble = 1.8
    paper = "#f3ead6"
    shading = 1.5

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """Colour first, then the key block, then the print's own unevenness."""
        stage = self.stage
        flat = self.blocks(sheet)
        yield flat
        tone = grey(sheet.rgb)
        low, high = np.percentile(tone[::6, ::6], (2, 98))
        tone = np.clip((tone - low) / max(0.1, float(high - low)), 0, 1)
        line = self.carved(sheet, tone)
        key = mix(hexed("#15161f"), stage.light.ground(1.0), 0.25)
        rgb = flat + (key - flat) * line[..., None]
        yield rgb
        grain = stage.fbm("wood", 26, 4, 0.6, stretch=0.12)
        starved = 1 - 0.07 * step(0.66, 0.9, grain) - 0.10 * step(0.7, 0.9, stage.fbm("press", 90, 2))
        paper = hexed(self.paper)
        rgb = paper + (rgb - paper) * starved[..., None]
        margin = np.minimum(np.minimum(stage.x, 1 - stage.x) * stage.across, np.minimum(stage.y, 1 - stage.y) * stage.down)
        block = step(0.028, 0.031, margin + 0.004 * (stage.fbm("block", 22, 3) - 0.5))
        rgb = paper * (0.985 + 0.03 * grain[..., None]) * (1 - block[..., None]) + rgb * block[..., None]
        yield np.clip(rgb, 0, 1)

    def blocks(self, sheet: Sheet) -> Field:
        """The picture in eight flat inks, a hair out of register with the lines."""
        stage = self.stage
        rgb = blur_rgb(sheet.rgb, stage.unit * 0.0018)
        lab = to_lab(rgb)
        low, high = np.percentile(lab[::6, ::6, 0], (3, 97))
        lab[..., 0] = (
            0.36 + (np.clip(lab[..., 0], low, high) - low) / max(0.12, float(high - low)) * 0.56
        )  # ink needs light paper beside it
        sample = lab[:: max(1, stage.h // 72), :: max(1, stage.w // 72)].reshape(-1, 3)
        figure = sheet.figure[:: max(1, stage.h // 72), :: max(1, stage.w // 72)].ravel() > 0.5
        points = np.concatenate([sample, *([sample[figure]] * 2)])
        table = [points.mean(0)]
        for _ in range(9):
            far = np.min([((points - c) ** 2).sum(1) for c in table], 0)
            table.append(points[int(np.argsort(far)[int(len(far) * 0.985)])])
        centres = np.array(table)
        for _ in range(7):
            nearest = ((points[:, None] - centres[None]) ** 2).sum(-1).argmin(1)
            centres = np.array(
                [points[nearest == k].mean(0) if bool((nearest == k).any()) else centres[k] for k in range(len(centres))]
            )
        best = np.stack([((lab - c) ** 2).sum(-1) for c in centres]).argmin(0)
        inks = to_rgb(centres.astype(np.float32))
        inks = inks * 0.90 + hexed(self.paper) * 0.12
        flat = np.clip(inks, 0, 1)[best]
        shift = max(1, round(stage.unit * 0.0013))
        return np.stack([shifted(flat[..., k], shift, 0) for k in range(3)], -1).astype(np.float32)

    def carved(self, sheet: Sheet, tone: Field) -> Field:
        """The key block: contours, and hatching whose phase follows the form so that lines run along it."""
        stage = self.stage
        angle = orientation(stage, sheet, 0.010, 0.25)
        phase = self.phase(angle)
        soft = blur(tone, stage.unit * 0.005)
        wobble = 0.9 * stage.fbm("hand", 12, 2, coarse=2)
        wave = 0.5 + 0.5 * np.sin(phase + wobble)
        away = np.clip(sheet.depth - 0.3, 0, 1) * (0.48 - 0.12 * stage.light.night)
        busy = step(0.02, 0.10, blur(np.abs(tone - soft), stage.unit * 0.012))  # small forms are left to colour and outline
        dark = np.clip((0.80 - soft * 1.30 - away) * (1 - 0.62 * sheet.figure) * (1 - 0.45 * busy), 0, 0.70)
        dark = np.where(dark < 0.13, 0.0, dark)
        hatch = step(-0.10, 0.10, dark - wave)
        contour = step(0.50, 0.72, blur(sheet.line, stage.unit * 0.0009) * (1.08 - 0.35 * np.clip(sheet.depth, 0, 1)))
        gy, gx = slope(blur(tone, stage.unit * 0.0012))
        inner = step(0.4, 0.9, np.hypot(gx, gy) * stage.unit / 50) * (sheet.figure > 0.6)
        solid = step(0.13, 0.07, soft) * sheet.figure
        return np.clip(np.maximum(np.maximum(hatch * 0.92, contour), np.maximum(inner * 0.85, solid)), 0, 1).astype(np.float32)

    def phase(self, angle: Field) -> Field:
        """A field whose level lines run along `angle`, about evenly spaced: blended from a few straight screens."""
        stage = self.stage
        x, y = np.arange(stage.w, dtype=np.float32)[None, :], np.arange(stage.h, dtype=np.float32)[:, None]
        pitch = 2 * np.pi / max(4.0, stage.unit / 92)
        bins = np.round(angle / np.pi * 16) % 16
        theta = bins.astype(np.float32) * (np.pi / 16)
        return (y * np.cos(theta) - x * np.sin(theta)) * pitch
