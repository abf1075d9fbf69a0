"""The stage: the size, the seed and the light of one picture, and noise that is the same at every size."""

from __future__ import annotations

import math
import zlib

import numpy as np

from .canvas import Plate
from .colour import Colour, Field
from .light import Light
from .noise import fbm, lattice, profile, resized
from .scene import Scene


class Stage:
    """What a world needs to build itself. `x` (1, w) and `y` (h, 1) run 0..1; lengths "in units" are multiples of √(w·h)."""

    def __init__(self, scene: Scene, light: Light, width: int, height: int, seed: int) -> None:
        self.scene, self.light = scene, light
        self.w, self.h, self.seed = width, height, seed
        self.unit = math.sqrt(width * height)
        self.across, self.down = width / self.unit, height / self.unit
        self.x = ((np.arange(width, dtype=np.float32) + 0.5) / width)[None, :]
        self.y = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
        self.pixel = 1.0 / height

    def rng(self, key: str) -> np.random.Generator:
        """A generator of its own for each named part, so that adding one part never changes another."""
        return np.random.default_rng((self.seed & 0xFFFFFFFF, zlib.crc32(key.encode()), self.seed >> 32 & 0xFFFFFFFF))

    def fbm(self, key: str, cells: float, octaves: int = 5, gain: float = 0.5, stretch: float = 1.0, coarse: int = 1) -> Field:
        """Fractal noise (h, w) of `cells` per unit; `stretch` > 1 draws it out sideways; `coarse` computes it smaller."""
        width, height = max(16, self.w // coarse), max(16, self.h // coarse)
        made = fbm(
            width,
            height,
            cells * self.across / math.sqrt(stretch),
            cells * self.down * math.sqrt(stretch),
            self.rng(key),
            octaves,
            gain,
        )
        return made if coarse == 1 else np.clip(resized(made, self.w, self.h), 0, 1)

    def lattice(self, key: str, cells: float, stretch: float = 1.0) -> Field:
        """One octave of smooth noise (h, w)."""
        return lattice(
            self.w, self.h, cells * self.across / math.sqrt(stretch), cells * self.down * math.sqrt(stretch), self.rng(key)
        )

    def line(self, key: str, cells: float, octaves: int = 5, gain: float = 0.5) -> Field:
        """Fractal noise along the width (w,)."""
        return profile(self.w, cells * self.across, self.rng(key), octaves, gain)

    def below(self, edge: Field, soft: float = 1.2) -> Field:
        """A mask of everything below the line `edge` (w,) given in 0..1 of the height."""
        return np.clip((self.y - edge[None, :]) * self.h / soft + 0.5, 0, 1).astype(np.float32)

    def far(self, x: float, y: float) -> Field:
        """Distance (h, w) in units from the point (x, y) given in 0..1."""
        return np.hypot((self.x - x) * self.across, (self.y - y) * self.down)

    def fill(self, colour: Colour) -> Field:
        """A picture (h, w, 3) of one colour."""
        out = np.empty((self.h, self.w, 3), np.float32)
        out[:] = colour
        return out

    def whole(self) -> Field:
        """A mask of the whole sheet."""
        return np.ones((self.h, self.w), np.float32)

    def wash(self, colour: Field, depth: float = 1.0, kind: str = "sky") -> Plate:
        """A plate over the whole sheet."""
        return Plate(self.whole(), colour, depth, kind, line=0)
