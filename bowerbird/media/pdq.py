"""PDQ, the perceptual hash that block lists of pictures are kept in: 256 bits, near ones differ in 31 or fewer.

Source: Davis and Rosen, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook, 2019. Luminance, a tent
filter (two Jarosz box passes), 64 × 64 samples, the 16 × 16 lowest frequencies of their DCT without the constant, each against their median.
It survives other sizes, formats, qualities and small changes of light; it does not survive a turn, a mirror or a deep crop."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bowerbird.core.errors import Invalid

BITS, SIDE, BAND = 256, 64, 16
NEAR_BITS_MAX = 31  # the paper's own threshold
QUALITY_MIN = 50  # of 100: below it a picture is too plain for its hash to tell it from others
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hash:
    """`hex` are 64 digits; `quality` 0 to 100 is how much there was to see."""

    hex: str
    quality: int

    @property
    def bits(self) -> str:
        """As 256 characters "0" and "1"."""
        return f"{int(self.hex, 16):0{BITS}b}"


def of(data: bytes) -> Hash:
    """The hash of a picture of ours (its first frame). Raises OSError for anything else. CPU-bound, some 10 ms at 640 px."""
    with Image.open(io.BytesIO(data)) as opened:
        return of_pixels(np.asarray(opened.convert("RGB")))


def of_pixels(pixels: NDArray[np.uint8]) -> Hash:
    """uint8 (height, width, 3) → its hash."""
    plane = pixels.astype(np.float32) @ LUMINANCE
    for _ in range(2):
        plane = _box(_box(plane, 1), 0)
    rows, columns = (((np.arange(SIDE) + 0.5) * length / SIDE).astype(int) for length in plane.shape)
    small = plane[np.ix_(rows, columns)]
    waves = _waves() @ small @ _waves().T
    median = np.partition(waves.ravel(), BITS // 2 - 1)[BITS // 2 - 1]
    set_ = (waves > median).ravel()[::-1]  # the first frequency is the last bit
    return Hash(np.packbits(set_).tobytes().hex(), _quality(small))


def distance(one: str, other: str) -> int:
    """In how many of 256 bits two hashes in hex differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def parsed(text: str) -> str:
    """A hash as it is written down: 64 hex digits. Raises Invalid."""
    found = text.strip().lower()
    if len(found) != BITS // 4 or set(found) - set("0123456789abcdef"):
        raise Invalid("A PDQ hash has 64 hexadecimal digits.")
    return found


def _box(plane: Plane, axis: int) -> Plane:
    """The mean over a window along one axis; at the edges, over what of the window there is."""
    length = plane.shape[axis]
    window = (length + 2 * SIDE - 1) // (2 * SIDE)
    ahead = (window + 2) // 2
    summed = np.concatenate([np.zeros_like(plane.take([0], axis), np.float64), plane.cumsum(axis, np.float64)], axis)
    ends = np.minimum(np.arange(length) + ahead, length)
    starts = np.maximum(np.arange(length) + ahead - window, 0)
    counts = (ends - starts).reshape((-1, 1) if axis == 0 else (1, -1))
    return ((summed.take(ends, axis) - summed.take(starts, axis)) / counts).astype(np.float32)


@cache
def _waves() -> Plane:
    """(16, 64): the lowest cosines, without the constant one."""
    frequency, place = np.arange(1, BAND + 1)[:, None], np.arange(SIDE)[None]
    return (np.sqrt(2 / SIDE) * np.cos(np.pi / 2 / SIDE * frequency * (2 * place + 1))).astype(np.float32)


def _quality(small: Plane) -> int:
    """How much changes from sample to sample, as the paper counts it."""
    steps = [np.trunc(np.abs(np.diff(small, axis=axis)) * 100 / 255).sum() for axis in (0, 1)]
    return min(100, int(sum(steps) / 90))
