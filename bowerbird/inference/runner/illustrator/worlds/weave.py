"""Woven threads: thousands of fine lines following one current, round whatever lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from PIL import Image, ImageDraw

from ..canvas import Plate
from ..colour import ramp
from .base import Step, World
from .marbling import inks


class Weave(World):
    """A cloth of currents."""

    grounded = False
    size = 1.28
    shade = 0.0
    haze = 0.0
    horizon = 1.5

    def steps(self) -> list[Step]:
        """Ground cloth, then thread on thread from dark to bright."""
        self.tones = inks(self.stage)
        names = ("dark threads", "threads", "brighter threads", "bright threads", "the last threads")
        out = [Step("the ground cloth", 1.0, lambda: iter([self.stage.wash(self.tones[0] * np.float32(0.55))]))]
        return out + [Step(name, 0.95 - 0.05 * i, partial(self.threads, i)) for i, name in enumerate(names)]

    def threads(self, i: int) -> Iterator[Plate]:
        """One fifth of the threads, followed through the field all at once."""
        stage = self.stage
        rng = stage.rng(f"threads{i}")
        angle = (stage.fbm("current", 1.7, 3, 0.45, coarse=4) - 0.5) * 9.0
        if stage.scene.subjects:
            # Round the subject the current turns into a ring, so that it seems to hold it.
            dx, dy = (stage.x - 0.5) * stage.across, (stage.y - 0.5) * stage.down
            ring = np.arctan2(dx, -dy)
            near = np.exp(-((np.hypot(dx, dy) / 0.36) ** 4))
            angle = np.arctan2(np.sin(angle) * (1 - near) + np.sin(ring) * near, np.cos(angle) * (1 - near) + np.cos(ring) * near)
        count = int(900 * stage.across * stage.down)
        x, y = rng.random(count) * stage.w, rng.random(count) * stage.h
        paths = [np.stack([x, y], -1)]
        stride = stage.unit * 0.010
        for _ in range(int(rng.integers(22, 30))):
            a = angle[np.clip(y, 0, stage.h - 1).astype(int), np.clip(x, 0, stage.w - 1).astype(int)]
            x, y = x + np.cos(a) * stride, y + np.sin(a) * stride
            paths.append(np.stack([x, y], -1))
        lines = np.stack(paths, 1)
        tone = np.clip(
            0.10
            + 0.18 * i
            + 0.16 * rng.normal(0, 1, count)
            + 0.35
            * (
                stage.fbm("tone", 2, 3, coarse=4)[
                    np.clip(lines[:, 0, 1], 0, stage.h - 1).astype(int), np.clip(lines[:, 0, 0], 0, stage.w - 1).astype(int)
                ]
                - 0.4
            ),
            0,
            1,
        )
        colours = (ramp(tone, self.tones) * 255).astype(np.uint8)
        scale = 2
        image = Image.new("RGB", (stage.w * scale, stage.h * scale))
        mask = Image.new("L", image.size, 0)
        pen, cover = ImageDraw.Draw(image), ImageDraw.Draw(mask)
        wide = max(1, round(stage.unit * scale / 620))
        for line, colour in zip(lines * scale, colours, strict=True):
            points = [tuple(p) for p in line.tolist()]
            pen.line(points, fill=tuple(int(c) for c in colour), width=wide + 1)
            cover.line(points, fill=235, width=wide)
        rgb = np.asarray(image.reduce(scale), np.float32) / 255
        alpha = np.asarray(mask.reduce(scale), np.float32) / 255
        solid = np.where(alpha[..., None] > 0.02, rgb, self.tones[min(4, i)])
        yield Plate(alpha, solid.astype(np.float32), 0.95 - 0.05 * i, "detail", flow=angle.astype(np.float32), line=0)
