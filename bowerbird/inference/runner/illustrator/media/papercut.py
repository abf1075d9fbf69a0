"""Cut paper: every shape a sheet of its own, clean edges, soft shadows that tell how deep it lies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Laid, Plate, Sheet, over
from ..colour import Field, grey, hexed, tuned
from ..noise import blur, resized, shifted, slope, step
from .base import Medium, grain


class Papercut(Medium):
    """Layer on layer under a lamp from the upper left."""

    passes = ("lamplight", "paper fibres")
    wobble = 1.4
    tones = 6
    paper = "#f6efe2"
    shading = 0.35

    def cover(self, sheet: Sheet, plate: Plate, laid: Laid) -> None:
        """Shadow, sheet, bright cut edge. A sky is cut into bands."""
        if plate.kind == "air":
            sheet.rgb[laid.part] = over(sheet.rgb[laid.part], laid.colour, self.stepped(laid.mask, 2) * 0.8)
            return
        if plate.kind == "sky":
            self.bands(sheet, laid)
            return
        unit = self.stage.unit / 1080
        mask = laid.mask
        if plate.kind == "land":
            mask = step(0.36, 0.64, blur(mask, 2.2 * unit))
        if laid.colour.ndim == 3:
            weight = mask[..., None]
            mean = (laid.colour * weight).sum((0, 1)) / max(1e-3, float(weight.sum()))
            keep = 0.96 if plate.kind == "figure" else 0.42 if plate.kind == "detail" else 0.26
            colour = mean + (laid.colour - mean) * keep
            if plate.kind == "land":
                colour = tuned(mean, 0.015, 1.12) + (colour - mean)
        else:
            colour = laid.colour
        depth = {"land": 1.0, "figure": 1.15, "detail": 0.35}.get(plate.kind, 0.5)
        self.drop(sheet, plate, depth)
        part = sheet.rgb[laid.part]
        part = over(part, np.clip(colour, 0, 1), mask)
        cut = np.clip(mask - shifted(mask, max(1, round(unit)), max(1, round(1.6 * unit))), 0, 1)
        sheet.rgb[laid.part] = part + (1 - part) * (cut * 0.34 * depth)[..., None]
        if plate.kind == "figure":
            self.relief(sheet, laid, mask, unit)

    def drop(self, sheet: Sheet, plate: Plate, depth: float) -> None:
        """The shadow the sheet throws on everything below it; it is soft, so half the size is enough for it."""
        unit = self.stage.unit / 1080
        full, corner = plate.mask, (0, 0)
        if full.shape != sheet.depth.shape:
            pad = round(60 * unit)
            full, corner = np.pad(full, pad), (plate.corner[0] - pad, plate.corner[1] - pad)
        height, width = full.shape
        small = resized(full, max(2, width // 2), max(2, height // 2))
        shade = np.zeros_like(small)
        for dx, dy, radius, dark in ((3, 4, 3, 0.26), (7, 14, 13, 0.26), (9, 26, 30, 0.15)):
            soft = blur(small, radius * unit / 2)
            one = shifted(soft, round(dx * unit / 2), round(dy * unit / 2))
            if radius == 13 and plate.kind == "land":
                one = np.maximum(one, shifted(soft, 0, -round(dy * unit / 2)))
            shade += np.log1p(-np.clip(one * dark * depth, 0, 0.95))
        shade = 1 - np.exp(np.clip(resized(shade, width, height), -4, 0))
        h, w = sheet.depth.shape
        top, left = corner
        r0, r1, c0, c1 = max(0, top), min(h, top + height), max(0, left), min(w, left + width)
        if r1 > r0 and c1 > c0:
            piece = shade[r0 - top : r1 - top, c0 - left : c1 - left]
            sheet.rgb[r0:r1, c0:c1] *= 1 - piece[..., None] * (1 - hexed("#241a3a"))

    def relief(self, sheet: Sheet, laid: Laid, mask: Field, unit: float) -> None:
        """Inside a figure each colour is a piece of paper of its own."""
        tone = grey(laid.colour) * mask
        edge = np.abs(tone - shifted(tone, round(1.5 * unit) or 1, round(3 * unit) or 1))
        dark = blur(step(0.02, 0.12, edge), 1.6 * unit) * mask
        sheet.rgb[laid.part] *= (1 - 0.30 * dark)[..., None]

    def bands(self, sheet: Sheet, laid: Laid) -> None:
        """A gradient as six sheets, cut along its own contours."""
        colour = laid.colour
        if colour.ndim == 1:
            sheet.rgb[laid.part] = colour
            return
        stage = self.stage
        tone = blur(grey(colour), stage.unit * 0.02) + 0.03 * (stage.fbm("bands", 2.2, 2, coarse=4)[laid.part] - 0.5)
        low, high = float(tone.min()), float(tone.max())
        levels = np.clip((tone - low) / max(1e-3, high - low) * 5.999, 0, 5.999)
        index = np.floor(levels)
        fine = levels - index
        out = np.zeros_like(colour)
        for k in range(6):
            here = index == k
            if bool(here.any()):
                out[here] = colour[here].mean(0)
        shade = np.exp(-fine / 0.10) * 0.10 * (index > 0)
        sheet.rgb[laid.part] = np.clip(out * (1 - shade)[..., None], 0, 1)

    def glow(self, sheet: Sheet, laid: Laid) -> None:
        """Light becomes discs of thinner paper."""
        mask = self.stepped(laid.mask, 3)
        sheet.rgb[laid.part] = over(sheet.rgb[laid.part], np.clip(laid.colour * 0.4 + 0.6, 0, 1), mask * 0.42)

    @staticmethod
    def stepped(mask: Field, steps: int) -> Field:
        """A soft mask as a few clean steps."""
        scaled = np.clip(mask, 0, 0.999) * steps
        return (np.floor(scaled) + step(0.42, 0.58, scaled % 1)) / steps * (mask > 0.06)

    def darken(self, sheet: Sheet, laid: Laid) -> None:
        """Shadows are the paper's own; those of the world are dropped."""
        sheet.rgb[laid.part] *= 1 - 0.25 * laid.mask[..., None] * (1 - laid.colour)

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """The lamp from the upper left, then the paper's fibres and its slight waves."""
        stage = self.stage
        pool = np.clip(1.10 - 0.34 * stage.far(0.28, 0.18), 0.74, 1.10)
        warm = 1 + (pool[..., None] - 1) * np.array([0.85, 1.0, 1.2], np.float32)
        rgb = np.clip(sheet.rgb * warm, 0, 1).astype(np.float32)
        yield rgb
        fibre = stage.fbm("fibre", 60, 3, 0.7, stretch=3.0) - 0.5
        down, right = slope(stage.fbm("cockle", 4.5, 3, 0.45, coarse=4))
        wave = np.clip((down + right) * stage.unit * 0.010, -0.035, 0.035)
        tooth = grain(stage, 0.040) + 0.05 * fibre + wave
        yield np.clip(rgb * tooth[..., None], 0, 1)
