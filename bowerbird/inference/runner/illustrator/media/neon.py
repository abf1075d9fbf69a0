"""Neon: outlines as glowing tubes in a dark room, each form in one bright gas, its light on what stands near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..canvas import Laid, Plate, Sheet, settled
from ..colour import Colour, Field, grey, hexed, mix, to_lab, to_rgb
from ..light import Light
from ..noise import blur, blur_rgb, slope, step
from .base import Medium


class Neon(Medium):
    """Tubes on a night-dark ground."""

    passes = ("tubes", "glow", "wet reflections")
    wobble = 1.6
    paper = "#07060f"
    shading = 0.8
    tones = 9

    @staticmethod
    def relit(light: Light) -> Light:
        """Everything dark, and only a little of its own colour left."""
        dark = hexed("#0b0a1c")
        sky = tuple(mix(c, dark, 0.80 - 0.08 * i) for i, c in enumerate(light.sky))
        land = tuple(mix(c, dark, 0.80) for c in light.land)
        leaves = tuple(mix(c, dark, 0.76) for c in light.leaves)
        return replace(
            light,
            sky=sky,
            land=land,
            leaves=leaves,
            haze=mix(light.haze, dark, 0.75),
            night=max(0.55, light.night),
            stars=max(0.4, light.stars),
        )

    def start(self) -> Sheet:
        """A sheet that also keeps the tubes' light."""
        sheet = super().start()
        sheet.scratch["tubes"] = np.zeros_like(sheet.rgb)
        self.count = 0
        return sheet

    def gas(self, colour: Colour) -> Colour:
        """The bright gas nearest to a colour; greys take turns."""
        lab = to_lab(colour)
        chroma = float(np.hypot(lab[1], lab[2]))
        hue = float(np.arctan2(lab[2], lab[1]))
        if chroma < 0.035:
            hue = (0.2, 3.4, 5.1, 1.7)[self.count % 4]
        self.count += 1
        return to_rgb(np.array([0.76, 0.19 * np.cos(hue), 0.19 * np.sin(hue)], np.float32))

    def lay(self, sheet: Sheet, plate: Plate) -> None:
        """Lay the dark body, hide the tubes behind it, and bend a new tube along its edge."""
        super().lay(sheet, plate)
        laid = settled(sheet, plate)
        if laid is None or plate.kind in ("shadow", "air"):
            return
        tubes = sheet.scratch["tubes"]
        if plate.kind == "light":
            return
        tubes[laid.part] *= 1 - laid.mask[..., None] * 0.96
        if plate.kind == "sky" or plate.line <= 0:
            return
        weight = laid.mask[..., None]
        mean = laid.colour if laid.colour.ndim == 1 else (laid.colour * weight).sum((0, 1)) / max(1e-3, float(weight.sum()))
        width = self.stage.unit * (0.0022 if plate.kind in ("land", "figure") else 0.0013)
        soft = blur(np.pad(laid.mask, 2, mode="edge"), width)[2:-2, 2:-2]
        ring = (
            step(0.55, 0.95, 4 * soft * (1 - soft))
            * min(1.0, 0.35 + plate.line * 0.65)
            * (1 - 0.55 * max(0.0, plate.depth - 0.2))
        )
        if plate.kind == "figure":
            tubes[laid.part] = np.maximum(tubes[laid.part], self.inner(laid)[..., None] * self.bright(laid.colour))
        tubes[laid.part] = np.maximum(tubes[laid.part], ring[..., None] * self.gas(mean))

    def inner(self, laid: Laid) -> Field:
        """Tubes along the colour boundaries inside a figure."""
        tone = blur(grey(laid.colour), self.stage.unit * 0.0012)
        gy, gx = slope(tone)
        return step(0.25, 0.6, np.hypot(gx, gy) * self.stage.unit / 60) * (laid.mask > 0.9) * 0.85

    @staticmethod
    def bright(colour: Field) -> Field:
        """A figure's own colours as light."""
        top = colour.max(-1, keepdims=True)
        return np.clip(colour / np.maximum(top, 0.08), 0, 1) ** 1.5

    def cover(self, sheet: Sheet, plate: Plate, laid: Laid) -> None:
        """Bodies stay dark glass; figures keep some of their colour."""
        share = {"figure": 0.36, "land": 0.9, "sky": 1.0, "detail": 0.45}.get(plate.kind, 0.35)
        body = laid.colour * share
        sheet.rgb[laid.part] += (body - sheet.rgb[laid.part]) * (laid.mask * (0.97 if plate.kind != "air" else 0.3))[..., None]

    def glow(self, sheet: Sheet, laid: Laid) -> None:
        """The world's lights, dimmed; the tubes outshine them."""
        super().glow(sheet, Laid(laid.part, laid.mask * 0.5, laid.colour, laid.flow))

    def look(self, sheet: Sheet) -> Field:
        """While it is made, the tubes are already lit."""
        return np.clip(sheet.rgb + sheet.scratch["tubes"], 0, 1)

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """White-hot cores, glow near and far, and the floor's reflection."""
        stage = self.stage
        tubes = sheet.scratch["tubes"]
        core = blur_rgb(tubes, stage.unit * 0.0007)
        rgb = np.clip(sheet.rgb + core * 1.1 + np.clip(core.max(-1, keepdims=True) - 0.55, 0, 1) * 0.75, 0, 1)
        yield rgb
        halo = (
            blur_rgb(tubes, stage.unit * 0.006) * 1.3
            + blur_rgb(tubes, stage.unit * 0.022) * 1.5
            + blur_rgb(tubes, stage.unit * 0.075) * 1.3
        )
        rgb = 1 - (1 - np.clip(rgb, 0, 1)) * np.exp(-halo * 0.85)
        yield rgb
        edge = 1 - 0.30 * step(0.45, 0.95, np.hypot(stage.x - 0.5, stage.y - 0.5) * 1.3)
        noise = stage.rng("film").normal(0, 0.012, (stage.h, stage.w, 1)).astype(np.float32)
        scan = 1 - 0.03 * (np.arange(stage.h)[:, None, None] % 3 == 0)
        yield np.clip(rgb * edge[..., None] * scan + noise, 0, 1)
