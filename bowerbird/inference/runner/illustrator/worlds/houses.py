"""House fronts seen along a street, narrowing towards one vanishing point."""

from __future__ import annotations

import numpy as np
from PIL import ImageDraw

from ..stage import Stage

CENTRE, EYE = 0.5, 0.53  # the vanishing point


class Face:
    """One house front between distances `a` < `b` from the vanishing point, on the left (-1) or right (1)."""

    def __init__(self, stage: Stage, side: int, a: float, b: float, tall: float) -> None:
        self.w, self.h, self.side, self.a, self.b, self.tall = stage.w, stage.h, side, a, b, tall
        self.k = stage.across / stage.down

    def at(self, d: float, up: float) -> tuple[float, float]:
        """The point at distance d and height `up` (0 street .. 1 eaves)."""
        return (CENTRE + self.side * d) * self.w, (EYE + d * self.k * (0.62 - up * self.tall * 1.25)) * self.h

    def wall(self, pen: ImageDraw.ImageDraw, s: float) -> None:
        """The front."""
        pen.polygon(
            [(x * s, y * s) for x, y in (self.at(self.a, 0), self.at(self.b, 0), self.at(self.b, 1), self.at(self.a, 1))],
            fill=255,
        )

    def roof(self, pen: ImageDraw.ImageDraw, s: float) -> None:
        """The eaves and a strip of roof above."""
        pen.polygon(
            [
                (x * s, y * s)
                for x, y in (self.at(self.a, 0.985), self.at(self.b * 1.01, 0.985), self.at(self.b, 1.10), self.at(self.a, 1.10))
            ],
            fill=255,
        )

    def windows(self, rng: np.random.Generator, share: float, pen: ImageDraw.ImageDraw, s: float) -> None:
        """Rows of windows, in perspective."""
        columns = max(1, min(5, round((self.b - self.a) / self.a * 2.6)))
        ends = np.geomspace(self.a, self.b, columns + 1)
        for column in range(columns):
            a, b = (
                ends[column] + 0.24 * (ends[column + 1] - ends[column]),
                ends[column] + 0.76 * (ends[column + 1] - ends[column]),
            )
            for up in (0.12, 0.40, 0.68):
                if rng.random() < share:
                    high = 0.18
                    pen.polygon(
                        [
                            (x * s, y * s)
                            for x, y in (self.at(a, up), self.at(b, up), self.at(b, up + high), self.at(a, up + high))
                        ],
                        fill=255,
                    )
