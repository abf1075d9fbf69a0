"""Scene → layers → picture: a world's plates and the subjects between them, laid far to near in a medium.

Deterministic: the same scene, size and seed give the same bytes on the same runtime.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .colour import Field, grey
from .light import light_of
from .media import medium_of
from .scene import Scene
from .stage import Stage
from .subjects import cast
from .weather import weather
from .worlds import Step, world_of

SIDE_MIN, SIDE_MAX = 64, 2048
_SPREAD = 0.66  # how far apart the darks and lights of a picture should lie at least
_UNGRADED = frozenset(("neon", "woodcut"))  # these set their own tones


@dataclass(frozen=True, slots=True)
class Layer:
    """The canvas so far: `image` is uint8 (height, width, 3); `step` runs 1..`steps`; the last one is the finished picture."""

    step: int
    steps: int
    name: str
    image: NDArray[np.uint8]


def paint(scene: Scene, width: int, height: int, seed: int) -> Iterator[Layer]:
    """Paint the scene layer by layer; the consumer may stop at any layer. Raises ValueError outside SIDE_MIN..SIDE_MAX."""
    if not (SIDE_MIN <= width <= SIDE_MAX and SIDE_MIN <= height <= SIDE_MAX):
        raise ValueError(f"a picture is {SIDE_MIN} to {SIDE_MAX} px a side, not {width} x {height}")
    kind = medium_of(scene.medium)
    stage = Stage(scene, kind.relit(light_of(scene, seed)), width, height, seed)
    world = world_of(stage)
    medium = kind(stage)
    sat_on = world.perch.steps if world.perch else []
    plan: list[Step] = [*world.steps(), *sat_on, *weather(stage, world), *cast(stage, world, medium)]
    plan.sort(key=lambda step: -step.depth)  # stable: a world's own order is kept among equals
    steps = len(plan) + len(medium.passes)
    sheet = medium.start()
    for number, step in enumerate(plan, 1):
        for plate in step.draw():
            medium.lay(sheet, plate)
        yield Layer(number, steps, step.name, shown(medium.look(sheet)))
    if scene.medium not in _UNGRADED:
        sheet.rgb = graded(sheet.rgb, 1.10 if scene.weather in ("fog", "snow") else 1.34)
    for number, (name, rgb) in enumerate(zip(medium.passes, medium.finish(sheet), strict=True), len(plan) + 1):
        yield Layer(number, steps, name, shown(rgb))


def graded(rgb: Field, most: float) -> Field:
    """A pale picture (h, w, 3) given a little more contrast and colour, at most `most` times; a rich one stays as it is."""
    tone = grey(rgb[::4, ::4])
    low, high = np.percentile(tone, (2, 98))
    gain = float(np.clip(_SPREAD / max(0.05, float(high - low)), 1.0, most))
    if gain <= 1.01:
        return rgb
    pivot = float(tone.mean()) * 0.75 + 0.5 * 0.25
    grown = grey(rgb)[..., None]
    chroma = (rgb - grown) * (1 + 0.7 * (gain - 1))
    return np.clip(pivot + (grown - pivot) * gain + chroma, 0, 1).astype(np.float32)


def picture(layers: Iterable[Layer]) -> NDArray[np.uint8]:
    """The finished picture of a run of layers. Raises ValueError where there is none."""
    images = [layer.image for layer in layers][-1:]
    if not images:
        raise ValueError("no layer was painted")
    return images[0]


def shown(rgb: Field) -> NDArray[np.uint8]:
    """Float colours 0..1 as bytes."""
    out: NDArray[Any] = np.clip(rgb, 0, 1) * 255 + 0.5
    return out.astype(np.uint8)
