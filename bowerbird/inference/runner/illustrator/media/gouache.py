"""Gouache: opaque matte paint in a few tones, laid with a flat brush whose ends stay dry."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Laid, Plate, Sheet
from ..colour import Field, grey, hexed
from ..noise import blur, step
from ..stage import Stage
from .base import Medium, grain
from .strokes import bristles


class Gouache(Medium):
    """A brush of its own direction for each of eight angles."""

    passes = ("dry brush", "matte paper")
    wobble = 2.6
    paper = "#efe6d6"
    shading = 1.15

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.brushes: dict[int, Field] = {}

    def brush(self, flow: Field | float) -> Field:
        """The brush's furrows over the whole sheet at about this angle, 0 ± 1."""
        angle = float(np.mean(flow)) if isinstance(flow, np.ndarray) else flow
        bin_ = round(angle / np.pi * 6) % 6
        if bin_ not in self.brushes:
            wander = 0.5 * (self.stage.fbm(f"gouache{bin_}", 3, 2, coarse=4) - 0.5)
            self.brushes[bin_] = bristles(self.stage, (wander + bin_ * np.pi / 6).astype(np.float32), 0.022, f"g{bin_}", 1.3)
        return self.brushes[bin_]

    def cover(self, sheet: Sheet, plate: Plate, laid: Laid) -> None:
        """Flat tones with furrows; the outline breaks where the brush ran dry."""
        rows, columns = laid.part
        furrow = self.brush(laid.flow)[rows, columns]
        soft = blur(laid.mask, self.stage.unit * (0.0022 if plate.kind in ("land", "sky") else 0.0009))
        mask = soft
        if plate.kind in ("land", "figure", "detail"):
            mask = step(0.30, 0.70, soft + (0.075 if plate.kind == "land" else 0.05) * furrow)
        colour = laid.colour
        if colour.ndim == 3:
            tone = grey(colour)
            steps = 11.0 if plate.kind != "sky" else 13.0
            flat = (np.floor(tone * steps + 0.10 * furrow) + 0.5) / steps
            colour = colour * (1 + 0.72 * (flat / np.maximum(tone, 0.04) - 1))[..., None]
        strength = {"sky": 0.016, "land": 0.026, "figure": 0.022}.get(plate.kind, 0.02)
        colour = np.clip(colour * (1 + strength * furrow)[..., None], 0, 1)
        part = sheet.rgb[laid.part]
        sheet.rgb[laid.part] = part + (colour - part) * (mask * 0.985)[..., None]

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """Light strokes dragged over edges, then the matte bloom of dried paint."""
        stage = self.stage
        furrow = self.brush(0.6)
        ridge = np.clip(sheet.line - 0.45, 0, 1) * step(0.8, 1.8, furrow) * 0.35
        rgb = sheet.rgb + (hexed("#fff7e6") - sheet.rgb) * (ridge * (0.5 - 0.3 * stage.light.night))[..., None]
        yield rgb
        matte = rgb * 0.95 + 0.032
        yield np.clip(matte * grain(stage, 0.035)[..., None], 0, 1)
