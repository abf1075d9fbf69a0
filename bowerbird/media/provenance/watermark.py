"""An invisible mark in the pixels that says which house and which picture, and survives what networks do to pictures.

Spread spectrum (Cox et al., "Secure spread spectrum watermarking for multimedia", 1997) in the middle frequencies of the luminance, laid
as a tile again and again, so that crops, moves and changes of size can be found again by the tile's own repetition (Kutter, "Watermarking
resisting to translation, rotation and scaling", 1998; Deguillaume et al., 2002). Tiles are added up, then read softly (`code.py`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bowerbird.media.provenance import code

TILE = 125  # px; odd, so that the 8 px blocks of JPEG and WebP do not add up
BAND = (0.06, 0.20)  # cycles per px: wavelengths of 5 to 17 px, which half the size still carries
SYNC_SHARE = 4  # every fourth frequency says where, the others say what
PSNR_MIN = 41.5  # dB
FLOOR = 1.15  # of 255, where the picture is flat
GAIN = 0.24  # of the picture's own activity, where it is not
CEILING = 6.0
SIDE_MIN = 200  # px; below, no mark is laid
SIDE_SEEN = 2000  # px of a picture that are looked at, from the middle
SIDE_MAX = 1280  # the same, in px of the picture as it was marked
SYNC_MIN = 5.0  # standard deviations of the place's peak before its bits are read
INSTANCE_BITS = 24
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a mark says, and how well it was read: `agree` of `bits` coded bits, at `scale` of the size it was laid at."""

    instance: int
    picture_id: int
    agree: int
    bits: int
    scale: float


@dataclass(frozen=True, slots=True)
class Carriers:
    """Where in the tile's spectrum (TILE, TILE) what is said: flat indices and signs, the conjugate halves left out."""

    sync: NDArray[np.int64]
    sync_signs: NDArray[np.complex128]
    data: NDArray[np.int64]
    scramble: NDArray[np.float32]  # (len(data), 2): real and imaginary
    bit: NDArray[np.int64]  # (len(data), 2): which coded bit


@cache
def carriers() -> Carriers:
    """The same in every house: order and signs come from SHA-256, no generator that a release may change."""
    found: list[tuple[bytes, int]] = []
    for u in range(TILE):
        for v in range(1, TILE // 2 + 1):
            fu = u if u <= TILE // 2 else u - TILE
            if BAND[0] <= np.hypot(fu, v) / TILE <= BAND[1]:
                found.append((hashlib.sha256(f"bowerbird mark 1 {u} {v}".encode()).digest(), u * TILE + v))
    found.sort()
    signs = np.array([[1 if d[0] & 1 else -1, 1 if d[1] & 1 else -1] for d, _ in found], np.float32)
    places = np.array([at for _, at in found])
    sync = np.zeros(len(found), bool)
    sync[::SYNC_SHARE] = True
    data = places[~sync]
    said = np.arange(2 * len(data)).reshape(-1, 2) % code.CODED_BITS
    return Carriers(places[sync], signs[sync][:, 0] + 1j * signs[sync][:, 1], data, signs[~sync], said)


def tile(instance: int, picture_id: int) -> Floats:
    """The pattern of one payload (TILE, TILE), mean 0, variance 1."""
    c = carriers()
    coded = code.encode(instance << 64 | picture_id).astype(np.float32)
    spectrum = np.zeros(TILE * TILE, np.complex128)
    spectrum[c.sync] = c.sync_signs
    chips = c.scramble * coded[c.bit]
    spectrum[c.data] = chips[:, 0] + 1j * chips[:, 1]
    wave = np.fft.ifft2(spectrum.reshape(TILE, TILE)).real
    return (wave / wave.std()).astype(np.float32)


def lay(image: Image.Image, instance: int, picture_id: int) -> Image.Image:
    """A copy with the mark, at PSNR_MIN or better; a picture with a side below SIDE_MIN as it is. CPU-bound."""
    assert 0 <= instance < 1 << INSTANCE_BITS
    assert 0 <= picture_id < 1 << 64
    if min(image.size) < SIDE_MIN:
        return image
    one = tile(instance, picture_id)
    if was := _there(image):  # drawn from a marked picture: two marks in one place could neither be read
        one = one - tile(was.instance, was.picture_id)
    return _added(image, one)


def lift(image: Image.Image) -> Image.Image:
    """A copy without the mark that lies over all of it, for what a part of it goes into: that gets a mark of its own. CPU-bound."""
    was = _there(image) if min(image.size) >= SIDE_MIN else None
    return _added(image, -tile(was.instance, was.picture_id)) if was else image


def _there(image: Image.Image) -> Mark | None:
    return read_at(_luminance(np.asarray(image, np.float32)[..., :3]), 1.0)[1]


def _added(image: Image.Image, one: Floats) -> Image.Image:
    """A copy with a tile all over it, as strong as the picture hides it."""
    pixels = np.asarray(image, np.float32)
    colours = pixels[..., :3]
    height, width = colours.shape[:2]
    light = _luminance(colours)
    pattern = np.tile(one, (height // TILE + 1, width // TILE + 1))[:height, :width]
    band = _band(light)
    activity = np.sqrt(np.maximum(_blur(band * band, 9), 0))
    delta = np.minimum(FLOOR + GAIN * activity, CEILING) * pattern
    allowed = 255 / 10 ** (PSNR_MIN / 20)
    delta *= min(1.0, allowed / float(np.sqrt(np.mean(delta * delta))))
    marked = pixels.copy()
    marked[..., :3] += delta[..., None]
    return Image.fromarray(np.clip(np.rint(marked), 0, 255).astype(np.uint8), image.mode)


def find(image: Image.Image) -> Mark | None:
    """The mark of this picture, if it carries one that can still be read. CPU-bound, about a second at most."""
    light = _seen(image)
    if min(light.shape) < 90:
        return None
    tried: list[float] = []
    for scale in _scales(light, image.size):
        if any(abs(scale - other) < 4e-4 for other in tried):
            continue
        tried.append(scale)
        if found := read_at(light, scale)[1]:
            return found
    return None


def read_at(light: Floats, scale: float) -> tuple[float, Mark | None]:
    """(the place's peak in standard deviations, the mark) where the picture is `scale` times as large as when it was marked."""
    light = _middle(light, round(SIDE_MAX * scale))
    if abs(scale - 1) > 1e-6:
        size = round(light.shape[1] / scale), round(light.shape[0] / scale)
        light = np.asarray(Image.fromarray(light).resize(size, Image.Resampling.BICUBIC), np.float32)
    spectrum = np.fft.fft2(_fold(_whitened(light)))
    spectrum = _even(spectrum)
    c = carriers()
    wide = np.zeros((2 * TILE, 2 * TILE), np.complex128)  # twice as fine, so that half a px is found too
    u, v = c.sync // TILE, c.sync % TILE
    wide[np.where(u > TILE // 2, u + TILE, u), v] = spectrum.reshape(-1)[c.sync] * np.conj(c.sync_signs)
    places = np.fft.ifft2(wide).real
    at = int(places.argmax())
    peak = float(places.reshape(-1)[at] / (places.std() + 1e-12))
    if peak < SYNC_MIN:
        return peak, None
    down, right = at // (2 * TILE) / 2, at % (2 * TILE) / 2
    u, v = c.data // TILE, c.data % TILE
    u = np.where(u > TILE // 2, u - TILE, u)
    turned = spectrum.reshape(-1)[c.data] * np.exp(2j * np.pi * (u * down + v * right) / TILE)
    chips = np.stack([turned.real, turned.imag], 1) * c.scramble
    soft = np.bincount(c.bit.reshape(-1), chips.reshape(-1), code.CODED_BITS).astype(np.float32)
    read = code.decode(soft)
    if read is None:
        return peak, None
    payload, agree = read
    return peak, Mark(payload >> 64, payload & (1 << 64) - 1, agree, code.CODED_BITS, scale)


def _seen(image: Image.Image) -> Floats:
    """Its luminance, of the middle where it is larger than SIDE_SEEN."""
    width, height = image.size
    left, top = max(0, (width - SIDE_SEEN) // 2), max(0, (height - SIDE_SEEN) // 2)
    part = image.crop((left, top, left + min(width, SIDE_SEEN), top + min(height, SIDE_SEEN)))
    if part.has_transparency_data:
        part = part.convert("RGBA")
    return _luminance(np.asarray(part.convert("RGB"), np.float32))


def _middle(light: Floats, side: int) -> Floats:
    height, width = light.shape
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    return light[top : top + side, left : left + side]


def _luminance(colours: Floats) -> Floats:
    return colours @ np.array([0.299, 0.587, 0.114], np.float32)


def _scales(light: Floats, size: tuple[int, int]) -> Iterator[float]:
    """Sizes to look at, the likeliest first: as it was, our own previews, half; then what the repetition shows."""
    yield 1.0
    if max(size) == 640:
        yield from (640 / side for side in (768, 1024, 1152, 1216, 1280, 1344, 1536, 2048))
    yield 0.5
    for place, scale in enumerate(_repetition(light)):
        yield from (scale, scale * 1.0012, scale / 1.0012) if place < 2 else (scale,)


def _repetition(light: Floats) -> list[float]:
    """Scales at which the picture repeats itself every TILE px, by its autocorrelation, best first."""
    wave = _whitened(light, (0.07, 0.45))[:900, :900]
    height, width = (_smooth(2 * side) for side in wave.shape)
    power = (np.abs(np.fft.rfft2(wave, (height, width))) ** 2).astype(np.float32)
    power /= _blur(power, 16) + 1e-3 * float(power.mean())  # what is drawn is smooth in frequency, what repeats is a comb
    np.minimum(power, 8, out=power)
    found = np.fft.irfft2(power, (height, width)).astype(np.float32)
    rows = np.minimum(np.arange(height), height - np.arange(height))
    columns = np.minimum(np.arange(width), width - np.arange(width))
    overlap = np.maximum(wave.shape[0] - rows, 1)[:, None] * np.maximum(wave.shape[1] - columns, 1)[None, :]
    found /= np.sqrt(overlap)  # the same spread everywhere
    side = min(wave.shape)
    scales = np.exp(np.arange(np.log(0.35), np.log(2.2), 0.0005))
    score = np.zeros(len(scales), np.float32)
    for down, right in (
        (0, 1),
        (1, 0),
        (1, 1),
        (1, -1),
        (0, 2),
        (2, 0),
        (1, 2),
        (2, 1),
        (1, -2),
        (2, -1),
        (2, 2),
        (2, -2),
        (0, 3),
        (3, 0),
    ):
        y, x = down * TILE * scales, right * TILE * scales
        fits = (np.abs(y) < wave.shape[0] * 0.8) & (np.abs(x) < wave.shape[1] * 0.8)
        score += np.where(fits, _between(found, y, x), 0)
    score[TILE * scales > side * 0.8] = 0
    best: list[float] = []
    for at in np.argsort(score)[::-1]:
        if all(abs(np.log(scales[at] / other)) > 0.015 for other in best):
            best.append(float(scales[at]))
        if len(best) == 5:
            break
    return best


def _between(grid: Floats, y: NDArray[np.float64], x: NDArray[np.float64]) -> Floats:
    """Values of a periodic grid between its points, linearly."""
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    fy, fx = y - top, x - left
    height, width = grid.shape
    a = grid[top % height, left % width] * (1 - fx) + grid[top % height, (left + 1) % width] * fx
    b = grid[(top + 1) % height, left % width] * (1 - fx) + grid[(top + 1) % height, (left + 1) % width] * fx
    return (a * (1 - fy) + b * fy).astype(np.float32)


def _whitened(light: Floats, band: tuple[float, float] = BAND) -> Floats:
    """The middle frequencies, evened out by their strength nearby, so that one edge does not drown the mark."""
    wave = _band(light, band)
    wave /= np.sqrt(np.maximum(_blur(wave * wave, 12), 0) + 0.3)
    return np.clip(wave, -2.0, 2.0)


def _band(light: Floats, band: tuple[float, float] = BAND) -> Floats:
    """What of it lies in the band (cycles per px)."""
    height, width = (_smooth(side + 16) for side in light.shape)
    padded = np.pad(
        light,
        ((0, height - light.shape[0]), (0, width - light.shape[1])),
        "symmetric" if height < 2 * light.shape[0] and width < 2 * light.shape[1] else "edge",
    )
    spectrum = np.fft.rfft2(padded)
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]).astype(np.float32)
    soft = 0.01
    spectrum *= np.clip((radius - band[0]) / soft + 1, 0, 1) * np.clip((band[1] - radius) / soft + 1, 0, 1)
    return np.fft.irfft2(spectrum, (height, width))[: light.shape[0], : light.shape[1]].astype(np.float32)


def _fold(wave: Floats) -> Floats:
    """All tiles added up (TILE, TILE)."""
    height, width = wave.shape
    padded = np.pad(wave, ((0, -height % TILE), (0, -width % TILE)))
    return padded.reshape(padded.shape[0] // TILE, TILE, padded.shape[1] // TILE, TILE).sum((0, 2))


def _even(spectrum: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Every part of the spectrum at the same strength and nothing much above it: hatching and weave are loud in a few places only."""
    power = np.tile(np.abs(spectrum).astype(np.float32) ** 2, (3, 3))[TILE - 9 : 2 * TILE + 9, TILE - 9 : 2 * TILE + 9]
    level = np.sqrt(_blur(power, 3)[9:-9, 9:-9] + 1e-9)
    even = spectrum / level
    return even / np.maximum(1, np.abs(even) / 1.3)


def _blur(values: Floats, radius: int) -> Floats:
    """Mean over a square of 2 radius + 1 px."""
    for axis in (0, 1):
        length = values.shape[axis]
        sums = np.cumsum(np.insert(values, 0, 0, axis), axis, dtype=np.float64)
        low = np.clip(np.arange(length) - radius, 0, length)
        high = np.clip(np.arange(length) + radius + 1, 0, length)
        shape = (-1, 1) if axis == 0 else (1, -1)
        values = ((sums.take(high, axis) - sums.take(low, axis)) / (high - low).reshape(shape)).astype(np.float32)
    return values


@cache
def _smooth(least: int) -> int:
    """The smallest size from `least` whose only factors are 2, 3 and 5: quick to transform."""
    size = least
    while True:
        rest = size
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return size
        size += 1
