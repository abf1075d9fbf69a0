"""Scene → layers → picture: a world's plates and the subjects between them, laid far to near in a medium.

Deterministic: the same scene, size and seed give the same bytes on the same runtime.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .colour import Field
from .light import light_of
from .media import medium_of
from .scene import Scene
from .stage import Stage
from .subjects import cast
from .worlds import Step, world_of

SIDE_MIN, SIDE_MAX = 64, 2048


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
    plan: list[Step] = [*world.steps(), *cast(stage, world, medium)]
    plan.sort(key=lambda step: -step.depth)  # stable: a world's own order is kept among equals
    steps = len(plan) + len(medium.passes)
    sheet = medium.start()
    for number, step in enumerate(plan, 1):
        for plate in step.draw():
            medium.lay(sheet, plate)
        yield Layer(number, steps, step.name, shown(medium.look(sheet)))
    for number, (name, rgb) in enumerate(zip(medium.passes, medium.finish(sheet), strict=True), len(plan) + 1):
        yield Layer(number, steps, name, shown(rgb))


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
