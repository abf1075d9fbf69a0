"""The subjects of a scene as steps that stand among a world's layers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .canvas import Plate
from .colour import mix
from .composition import composed
from .figures import Placed, figure, reflection, shadows
from .flora import leafy
from .glow import set_off, shine
from .media.base import Medium
from .noise import fbm
from .stage import Stage
from .worlds.base import Step, World


def cast(stage: Stage, world: World, medium: Medium) -> list[Step]:
    """One step for each subject of the scene (all its copies), ordered by depth where copies stand far apart."""
    placed = composed(stage, world)
    groups: dict[tuple[int, float], list[Placed]] = {}
    for one in placed:
        groups.setdefault((one.subject, round(one.depth, 3)), []).append(one)
    out: list[Step] = []
    for (index, depth), group in groups.items():
        subject = stage.scene.subjects[index]
        name = f"the {subject.noun}" if subject.count == 1 else f"{subject.count} of {subject.noun}"
        out.append(Step(name[:60], depth, partial(_appear, stage, world, medium, sorted(group, key=lambda p: p.foot))))
    return out


def _appear(stage: Stage, world: World, medium: Medium, group: list[Placed]) -> Iterator[Plate]:
    for one in group:
        drawing = figure(stage, world, medium, one)
        if drawing is None:
            continue
        yield from set_off(stage, one, drawing)
        yield from reflection(stage, world, one, drawing)
        yield from shadows(stage, world, one, drawing)
        yield from drawing.plates
        if drawing.glow is not None:
            yield from shine(stage, one, drawing, drawing.glow)
        if one.sunk and stage.scene.subjects[one.subject].pose == "peeking":
            yield from _hiding_place(stage, world, one)


def _hiding_place(stage: Stage, world: World, one: Placed) -> Iterator[Plate]:
    """What a peeking subject peeks out from: a bush out of doors, a heap of cushions inside."""
    light = stage.light
    wide, tall = round(one.width * 1.7) + 8, round(one.height * 0.56) + 8
    x = (np.arange(wide, dtype=np.float32)[None, :] - wide / 2) / (wide / 2)
    y = np.arange(tall, dtype=np.float32)[:, None] / tall
    shape = fbm(wide, tall, 7, 4, stage.rng(f"bush{one.subject}.{one.copy}"), 4, 0.6)
    indoors = world.haze == 0.0
    rough = 0.05 if indoors else 0.34
    inside = 1.0 - (np.abs(x) ** 2.6) - ((0.98 - y) / 0.86).clip(0, 2) ** 2.2 + rough * (shape - 0.5)
    mask = np.clip(inside * tall / (7 if indoors else 5), 0, 1) * np.clip(
        (0.985 - y) * tall / 4 + 0.12 * (shape - 0.5) * tall, 0, 1
    )
    if indoors:
        base = light.lit(light.accent)
        fold = 0.84 + 0.30 * np.abs(np.sin(x * 3.0 + 0.4))[..., None] * (1 - 0.3 * y[..., None])
        colour = np.clip(base * fold, 0, 1)
    else:
        spots = fbm(wide, tall, 26, 14, stage.rng(f"leaves{one.subject}.{one.copy}"), 3)
        colour = leafy(mix(light.leaf(0.62), light.ground(0.75), 0.2), np.clip(spots + 0.35 * (0.5 - y), 0, 1), light.key)
    corner = (round(one.foot - tall * 0.95), round(one.x - wide / 2))
    yield Plate(mask.astype(np.float32), colour.astype(np.float32), max(0.0, one.depth - 0.01), "land", 0.8, 0.8, corner)
