"""One subject, redrawn so that it belongs: its colours in this light, its outline by this hand, its shadow on this ground."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from . import beasts, bipeds, drawings, trees
from .canvas import Plate
from .colour import Field, grey, hexed, mix, recoloured, to_lab, to_rgb
from .glow import glowing, someone_is_home
from .natural import ENCLOSED, is_one_of
from .noise import blur, lattice, resized, slope, warp
from .poses import asleep, lying
from .scene import Subject
from .stage import Stage
from .worlds.base import World

if TYPE_CHECKING:
    from .media.base import Medium


@dataclass(slots=True)
class Placed:
    """One copy of a subject: centre `x` and `foot` in pixels, `width` and `height` in pixels, `depth` 1 far .. 0 near."""

    subject: int
    copy: int
    x: float
    foot: float
    width: float
    height: float
    depth: float
    mirror: bool
    tilt: float = 0.0
    floating: bool = False
    sunk: float = 0.0  # share of the height under water or behind something
    afloat: bool = False  # lying in water
    leader: int | None = None  # the subject this one keeps its distance to
    seated: bool = False  # on the world's own perch
    bouquet: bool = False  # one of the flowers in a vase
    rim: bool = False  # what is sunk ends at a vessel's round rim, not at waves


@dataclass(slots=True)
class Drawing:
    """A figure ready to be laid: its plates, and its shape (h, w) with its corner for shadows and reflections."""

    plates: list[Plate]
    rgb: Field
    alpha: Field
    corner: tuple[int, int]
    glow: Field | None = None  # (h, w): where it gives light of its own


def aspect(stage: Stage, subject: Subject) -> float:
    """Width through height of the subject's drawing."""
    shape = source(stage, subject, 96).shape
    return shape[1] / shape[0]


def crest(stage: Stage, subject: Subject) -> tuple[float, float, float]:
    """The top of the drawing: its middle (-0.5 left .. 0.5 right) and breadth in shares of the width, and how far below the
    very top the drawing begins in its middle column, in shares of the height."""
    alpha = source(stage, subject, 96)[..., 3]
    middle = alpha[:, int(alpha.shape[1] * 0.42) : int(alpha.shape[1] * 0.58) + 1].mean(1)
    drop = float(np.argmax(middle > 0.5)) / alpha.shape[0]
    top = np.flatnonzero(alpha[: max(2, int(alpha.shape[0] * 0.16))].max(0) > 0.5)
    if not len(top):
        return 0.0, 0.5, drop
    return float(top.mean()) / alpha.shape[1] - 0.5, float(top[-1] - top[0] + 1) / alpha.shape[1], drop


def source(stage: Stage, subject: Subject, px: int) -> Field:
    """The drawing (h, w, 4) in its pose, about `px` on its longer side; a plain disc where it cannot be read."""
    px = max(8, min(px, drawings.SPRITE_PX_MAX))
    if trees.is_tree(subject.drawing):
        return trees.grown(subject.drawing, stage.scene.season, px, stage.rng("tree" + subject.noun))
    try:
        face = beasts.face_of(subject.drawing)
        if beasts.is_face(face) and subject.pose != "peeking":
            return beasts.bodied(face, drawings.sprite(face, max(48, px * 2 // 3)), px, subject.pose)
        if bipeds.is_bust(subject.drawing) and subject.pose != "peeking":
            return bipeds.standing(subject.drawing, drawings.sprite(subject.drawing, max(48, px * 2 // 3)), px)
        art = drawings.sprite(subject.drawing, px)
    except KeyError:
        x, y = np.arange(px, dtype=np.float32)[None, :], np.arange(px, dtype=np.float32)[:, None]
        alpha = np.clip(px / 2 - np.hypot(x - px / 2, y - px / 2), 0, 1)
        return np.dstack([np.full((px, px, 3), 0.6, np.float32), alpha]).astype(np.float32)
    return lying(asleep(art)) if subject.pose == "sleeping" else art


def figure(stage: Stage, world: World, medium: Medium, one: Placed) -> Drawing | None:
    """The subject drawn for this place in this light; None where nothing of it would be seen."""
    subject = stage.scene.subjects[one.subject]
    px = round(max(one.width, one.height))
    if px < 4:
        return None
    art = source(stage, subject, px)
    if abs(art.shape[0] - one.height) > 2:  # bodies and poses come trimmed: ask again for what fills the place
        art = source(stage, subject, round(px * one.height / art.shape[0]))
    art = np.array(art, np.float32)
    if one.mirror:
        art = art[:, ::-1]
    if subject.colour:
        art = np.dstack([recoloured(art[..., :3], art[..., 3], hexed(subject.colour)), art[..., 3]]).astype(np.float32)
    art = _padded(art, 0.08)
    if abs(one.tilt) > 0.01:
        art = _turned(art, one.tilt)
    if medium.wobble:
        art = _by_hand(stage, art, medium.wobble * stage.unit / 1000, f"{one.subject}.{one.copy}")
    rgb, alpha = art[..., :3], np.clip(art[..., 3], 0, 1)
    rgb = _lit(stage, world, medium, one, rgb, alpha)
    if medium.tones:
        rgb = _in_tones(rgb, alpha, medium.tones)
    if stage.light.night > 0.3 and not subject.colour and is_one_of(ENCLOSED, subject.drawn_as):
        art[..., :3] = someone_is_home(art[..., :3])
    glow = glowing(stage, subject, art[..., :3], alpha)
    if glow is not None:
        rgb = rgb + (np.clip(art[..., :3] * 1.06, 0, 1) - rgb) * (glow * 0.9)[..., None]
    alpha = _hidden(stage, one, alpha)
    pad = (alpha.shape[0] - one.height) / 2
    sink = 0.0 if subject.pose == "peeking" else one.sunk * one.height
    corner = (round(one.foot - one.height - pad + sink), round(one.x - alpha.shape[1] / 2))
    flow = _form(alpha)
    return Drawing([Plate(alpha, rgb, one.depth, "figure", flow, 1.0, corner)], rgb, alpha, corner, glow)


def _padded(art: Field, share: float) -> Field:
    pad = max(2, int(max(art.shape[:2]) * share))
    out = np.pad(art, ((pad, pad), (pad, pad), (0, 0)))
    # Colour bled outwards, so that a softened or wobbling outline never picks up black.
    solid = art[..., 3] > 0.5
    if bool(solid.any()):
        out[..., :3] = np.where(out[..., 3:] > 0.02, out[..., :3], art[..., :3][solid].mean(0))
    return out


def _turned(art: Field, angle: float) -> Field:
    premultiplied = art.copy()
    premultiplied[..., :3] *= art[..., 3:]
    layers = [Image.fromarray(np.ascontiguousarray(premultiplied[..., k])) for k in range(4)]
    turned = np.dstack([np.asarray(layer.rotate(np.degrees(angle), Image.Resampling.BILINEAR, expand=False)) for layer in layers])
    turned[..., :3] /= np.maximum(turned[..., 3:], 1e-3)
    return np.clip(turned, 0, 1)


def _by_hand(stage: Stage, art: Field, reach: float, key: str) -> Field:
    height, width = art.shape[:2]
    rng = stage.rng("hand" + key)
    cells = max(2.0, max(height, width) / stage.unit * 16)
    dx = (lattice(width, height, cells * width / max(width, height), cells * height / max(width, height), rng) - 0.5) * 2 * reach
    dy = (lattice(width, height, cells * width / max(width, height), cells * height / max(width, height), rng) - 0.5) * 2 * reach
    return warp(art, dx, dy)


def _lit(stage: Stage, world: World, medium: Medium, one: Placed, rgb: Field, alpha: Field) -> Field:
    """Form, key and ambient colour, a rim towards a low light, the ground's colour from below, air in between."""
    light = stage.light
    size = max(alpha.shape)
    form = blur(alpha, size * 0.045) * 0.22 + blur(alpha, size * 0.14) * 0.78
    gy, gx = slope(form)
    to_x = (light.x * stage.w - one.x) / stage.unit
    norm = max(0.35, float(np.hypot(to_x, 0.6)))
    facing = np.clip(-(gx * to_x - gy * 0.6) / norm * size * 0.20, -1, 1)
    within = np.clip(0.5 + 0.5 * facing, 0, 1)[..., None]
    night = light.night
    key = 1 + (light.key - 1) * (0.85 if night < 0.5 else 0.75)
    ambient = 0.30 * light.ambient + 0.70 * light.key * (0.86 - 0.22 * night)
    tone = ambient * (1 - within) + key * (1.06 - 0.10 * night) * within
    out = rgb * (1 + (tone - 1) * min(1.0, medium.shading))
    # The eye forgives a hue that is off less than a tone that is off: pull every drawing a little to the scene's own chroma.
    mean = mix(light.ambient, light.key, 0.6)
    out = out + (grey(out)[..., None] * mean / max(0.2, float(grey(mean[None])[0])) - out) * (0.10 + 0.26 * night)
    down = np.linspace(0, 1, alpha.shape[0], dtype=np.float32)[:, None, None]
    ground = light.ground(0.8)
    out = out + (out * ground * 1.25 - out) * (np.clip(down - 0.50, 0, 1) * 0.40 * float(world.grounded))
    step_px = max(1.0, size * 0.009)
    lit_side = np.clip(alpha - _moved(alpha, -np.sign(to_x) * step_px if abs(to_x) > 0.06 else 0.0, step_px), 0, 1)
    rim = (
        blur(lit_side, size * 0.004)
        * alpha
        * (0.25 if trees.is_tree(stage.scene.subjects[one.subject].drawing) else 1.0)
        * (0.75 if stage.scene.time in ("golden", "sunset", "dawn", "night", "dusk") else 0.35)
    )
    out = out + (light.sun - out) * (rim * medium.shading)[..., None]
    air = min(0.85, max(0.0, one.depth - 0.22) * (0.55 + 0.7 * light.fog)) * world.haze
    return np.clip(out + (light.haze - out) * air, 0, 1).astype(np.float32)


def _moved(alpha: Field, dx: float, dy: float) -> Field:
    return np.roll(alpha, (round(dy), round(dx)), (0, 1))


def _in_tones(rgb: Field, alpha: Field, tones: int) -> Field:
    """The figure in a few flat colours: k-means in OKLab, seeded by spread, so that it is the same every time."""
    small = rgb[:: max(1, rgb.shape[0] // 64), :: max(1, rgb.shape[1] // 64)]
    seen = alpha[:: max(1, rgb.shape[0] // 64), :: max(1, rgb.shape[1] // 64)] > 0.6
    points = to_lab(small[seen])
    if len(points) < tones:
        return rgb
    centres = [points.mean(0)]
    for _ in range(tones - 1):
        far = np.min([((points - c) ** 2).sum(1) for c in centres], 0)
        centres.append(points[int(far.argmax())])
    table = np.array(centres)
    for _ in range(6):
        nearest = ((points[:, None] - table[None]) ** 2).sum(-1).argmin(1)
        table = np.array([points[nearest == k].mean(0) if bool((nearest == k).any()) else table[k] for k in range(len(table))])
    lab = to_lab(rgb)
    best = np.stack([((lab - c) ** 2).sum(-1) for c in table]).argmin(0)
    return to_rgb(table.astype(np.float32))[best]


def _hidden(stage: Stage, one: Placed, alpha: Field) -> Field:
    """Cut off what is under water or behind something, along a line that is not straight."""
    if one.sunk <= 0:
        return alpha
    height, width = alpha.shape
    pad = (height - one.height) / 2
    waves = stage.rng(f"waves{one.subject}.{one.copy}").random(8).astype(np.float32)
    line = resized(waves[None, :], width, 1)[0] - 0.5
    cut = pad + one.height * (1 - one.sunk) + line * height * (0.03 if one.sunk < 0.39 else 0.06)
    if one.rim:
        across = (np.arange(width, dtype=np.float32) - width / 2) / (max(1.0, one.width) / 2)
        cut = pad + one.height * (1 - one.sunk) - 0.05 * one.width * np.clip(across, -1, 1) ** 2
    rows = np.arange(height, dtype=np.float32)[:, None]
    return alpha * np.clip((cut[None, :] - rows) / 2 + 0.5, 0, 1)


def _form(alpha: Field) -> Field:
    """The direction (radians) in which strokes follow the figure: across the fall of its form."""
    soft = blur(alpha, max(2.0, max(alpha.shape) * 0.07))
    gy, gx = slope(soft)
    return np.arctan2(gx, -gy).astype(np.float32)


def shadows(stage: Stage, world: World, one: Placed, drawing: Drawing) -> Iterator[Plate]:
    """A contact shadow, and one cast away from the light."""
    if one.floating or not world.grounded or world.shade <= 0:
        return
    light = stage.light
    colour = mix(light.ambient * 0.55, light.ground(0.9), 0.35)
    if not one.afloat and world.wet <= 0.5:
        tall = max(3, int(one.height * 0.30))
        lean = float(np.clip((one.x / stage.w - light.x) * 1.6, -1, 1)) * one.height * 0.38
        shape = resized(drawing.alpha, drawing.alpha.shape[1], tall)
        wide = shape.shape[1] + int(abs(lean)) + 8
        cast = np.zeros((tall, wide), np.float32)
        for row in range(tall):
            push = int(max(0.0, lean) * (1 - row / tall) + max(0.0, -lean) * row / tall)
            cast[row, push : push + shape.shape[1]] = shape[row]
        base = int(max(0.0, -lean))
        # The sheared copy hangs from the foot line and points towards us, as a low light behind would throw it.
        soft = blur(np.pad(cast[::-1], 6), max(1.5, one.height * 0.012))
        fall = (
            np.linspace(0.42, 0.05, soft.shape[0], dtype=np.float32)[:, None]
            * world.shade
            * (0.35 + 0.65 * light.disc)
            * (1 - 0.35 * light.night)
        )
        yield Plate(
            soft * fall,
            colour,
            one.depth,
            "shadow",
            corner=(round(one.foot) - 8 - int(one.height * 0.01), round(one.x - shape.shape[1] / 2) - base - 6),
            line=0,
        )
    feet = drawing.alpha[int(drawing.alpha.shape[0] * 0.80) :].max(0)
    touched = np.flatnonzero(feet > 0.4)
    if not len(touched):
        return
    width = (touched[-1] - touched[0]) * 0.62 + one.width * 0.06
    middle = drawing.corner[1] + (touched[0] + touched[-1]) / 2
    deep = max(2.0, width * 0.16)
    x = (np.arange(int(width * 2.6), dtype=np.float32) - width * 1.3)[None, :] / width
    y = (np.arange(int(deep * 4), dtype=np.float32) - deep * 2)[:, None] / deep
    blot = 0.72 * np.exp(-((x / 0.72) ** 4) - y**2 * 1.3) * world.shade * (0.4 if one.afloat else 1.0)
    yield Plate(
        blot.astype(np.float32),
        colour,
        one.depth,
        "shadow",
        corner=(round(one.foot - deep * 2), round(middle - width * 1.3)),
        line=0,
    )


def reflection(stage: Stage, world: World, one: Placed, drawing: Drawing) -> Iterator[Plate]:
    """The figure upside down in water or on wet ground, broken into ripples, darker and fading."""
    shine = max(world.wet, 0.9 if one.afloat else 0.0)
    if shine <= 0 or one.floating:
        return
    alpha, rgb = drawing.alpha[::-1], drawing.rgb[::-1]
    height, width = alpha.shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    ripple = np.sin(rows / stage.unit * 260 + 3 * np.sin(rows / stage.unit * 61)) * (0.4 + rows / height) * stage.unit * 0.006
    rolled = np.concatenate([alpha[..., None], rgb], -1)
    moved = warp(rolled, np.broadcast_to(ripple, (height, width)), np.zeros((1, 1), np.float32))
    fade = np.linspace(0.62, 0.10, height, dtype=np.float32)[:, None] * shine
    pad = (height - one.height) / 2
    visible = alpha.shape[0] - one.sunk * one.height if one.sunk else alpha.shape[0]
    top = round(one.foot - pad * 1.9) if not one.sunk else round(one.foot - pad - (height - visible))
    yield Plate(
        moved[..., 0] * fade,
        moved[..., 1:] * 0.86 * (0.6 + 0.4 * stage.light.sky[2]),
        one.depth,
        "air",
        corner=(top, drawing.corner[1]),
        line=0,
    )
