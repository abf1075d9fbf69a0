"""Embroidery: satin stitches laid along each form on linen, every stitch one thread with its own light."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Sheet
from ..colour import Field, grey, hexed
from ..noise import blur_rgb, sampled, step
from .base import Medium
from .strokes import orientation

_ANGLES = 12


class Embroidery(Medium):
    """Thread by thread."""

    passes = ("the ground cloth", "long stitches", "stitches and sheen")
    wobble = 1.5
    paper = "#e9dfca"
    shading = 1.15

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """Linen, a first layer of long stitches, and a finer one over it."""
        stage = self.stage
        cloth = self.linen()
        tone = grey(sheet.rgb)[..., None]
        silk = np.clip((sheet.rgb + (sheet.rgb - tone) * 0.32) * 1.10 + 0.015, 0, 1)  # thread is brighter than paint
        soft = blur_rgb(silk, stage.unit * 0.004)
        yield cloth * 0.55 + soft * 0.45
        angle = orientation(stage, sheet, 0.006, 0.9)
        base = self.stitched(soft, angle + 0.25, stage.unit / 190, stage.unit / 24, cloth)
        yield base
        fine = self.stitched(silk, angle, stage.unit / 330, stage.unit / 56, base)
        detail = np.clip(np.maximum(sheet.figure, sheet.line * 0.8), 0, 1)[..., None]
        rgb = base + (fine - base) * (0.55 + 0.45 * detail)
        margin = np.minimum(np.minimum(stage.x, 1 - stage.x) * stage.across, np.minimum(stage.y, 1 - stage.y) * stage.down)
        edge = step(0.030, 0.036, margin + 0.008 * (stage.lattice("edge", 60) - 0.5))
        yield np.clip(cloth + (rgb - cloth) * edge[..., None], 0, 1)

    def linen(self) -> Field:
        """A plain weave."""
        stage = self.stage
        pitch = max(2.0, stage.unit / 260)
        x, y = np.arange(stage.w)[None, :] / pitch, np.arange(stage.h)[:, None] / pitch
        over = ((np.floor(x) + np.floor(y)) % 2) > 0
        thread = np.where(over, np.sin((x % 1) * np.pi), np.sin((y % 1) * np.pi))
        slub = stage.fbm("slub", 40, 3, stretch=0.2) - 0.5
        return (hexed(self.paper) * (0.78 + 0.22 * thread + 0.10 * slub)[..., None]).astype(np.float32)

    def stitched(self, rgb: Field, angle: Field, wide: float, long: float, below: Field) -> Field:
        """The picture in stitches `wide` across and `long`, running along `angle` quantised to a few directions."""
        stage = self.stage
        wide = max(2.0, wide)
        bin_ = np.round(angle / np.pi * _ANGLES).astype(np.int32) % _ANGLES
        theta = (bin_ * (np.pi / _ANGLES)).astype(np.float32)
        cos, sin = np.cos(theta), np.sin(theta)
        x, y = np.arange(stage.w, dtype=np.float32)[None, :], np.arange(stage.h, dtype=np.float32)[:, None]
        along, across = x * cos + y * sin, y * cos - x * sin
        row = np.floor(across / wide)
        hashed = np.abs(np.sin(row * 12.9898 + bin_ * 4.1) * 43758.5453) % 1
        u = along / long + hashed * 7
        stitch = np.floor(u)
        # Where the thread's middle lies: its one colour is taken there, so stitches overhang the shapes a little, as real ones do.
        middle_u, middle_v = (stitch + 0.5 - hashed * 7) * long, (row + 0.5) * wide
        mx = np.clip(middle_u * cos - middle_v * sin, 0, stage.w - 1.01)
        my = np.clip(middle_u * sin + middle_v * cos, 0, stage.h - 1.01)
        mx, my = x + (mx - x) * 0.62, y + (my - y) * 0.62
        colour = sampled(rgb, np.clip(mx, 0, stage.w - 1.01), np.clip(my, 0, stage.h - 1.01))
        far = np.abs((across / wide) % 1 - 0.5) * 2
        body = np.sqrt(np.clip(1 - far**2, 0, 1))
        end = np.minimum(u % 1, 1 - u % 1) * long / wide
        tuck = step(0.0, 0.9, end)
        each = 0.92 + 0.16 * (np.abs(np.sin(stitch * 78.233 + row * 37.719) * 24634.6345) % 1)
        toward = np.abs(np.cos(theta - 0.9)) * 0.10
        shade = (0.70 + 0.36 * body) * (0.82 + 0.18 * tuck) * each + toward * body**3
        twist = 1 + 0.05 * np.sin((along * 1.3 + across * 2.2) * 2.6 / wide)
        made = np.clip(colour * (shade * twist)[..., None], 0, 1)
        gap = step(0.96, 1.0, far)[..., None] * 0.16
        return made + (below * 0.45 - made) * gap
