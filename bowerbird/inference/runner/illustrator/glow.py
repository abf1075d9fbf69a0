"""Light round a figure: panes, flames and lanterns after dark, and air that sets it off from its background."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import drawings
from .canvas import Plate
from .colour import Field, grey, hexed, mix
from .noise import blur
from .scene import Subject
from .stage import Stage

if TYPE_CHECKING:
    from .figures import Drawing, Placed


def someone_is_home(rgb: Field) -> Field:
    """A house's sky-blue panes with a lamp behind them."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    pane = np.clip((blue - red - 0.10) / 0.10, 0, 1) * np.clip((blue - 0.70) / 0.10, 0, 1) * np.clip((green - 0.55) / 0.10, 0, 1)
    lamp = hexed("#ffd070") * (0.90 + 0.12 * grey(rgb)[..., None])
    return np.clip(rgb + (lamp - rgb) * pane[..., None], 0, 1).astype(np.float32)


def glowing(stage: Stage, subject: Subject, rgb: Field, alpha: Field) -> Field | None:
    """Where a drawing gives light of its own after dark (h, w): lit panes, flames, lanterns; None by day and for what lives."""
    if stage.light.night < 0.3 or subject.colour or drawings.index().group(subject.drawing) not in ("place", "object", "vehicle"):
        return None
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    warm = np.clip((red - blue - 0.28) / 0.18, 0, 1) * np.clip((green - 0.58) / 0.14, 0, 1) * np.clip((red - 0.82) / 0.1, 0, 1)
    found = (warm * (alpha > 0.5)).astype(np.float32)
    share = float(found.sum()) / max(1.0, float((alpha > 0.5).sum()))
    return found if 0.004 < share < 0.6 else None


def shine(stage: Stage, one: Placed, drawing: Drawing, glow: Field) -> Iterator[Plate]:
    """The warm halo of a lit pane, a flame or a lantern after dark."""
    reach = round(0.22 * max(glow.shape))
    wide = np.pad(glow, reach)
    halo = blur(wide, reach * 0.16) * 0.55 + blur(wide, reach * 0.48) * 1.1
    corner = (drawing.corner[0] - reach, drawing.corner[1] - reach)
    strength = min(1.0, stage.light.night + 0.1)
    yield Plate(np.clip(halo * strength, 0, 0.75).astype(np.float32), hexed("#ffb45e"), one.depth, "light", corner=corner, line=0)


def set_off(stage: Stage, one: Placed, drawing: Drawing) -> Iterator[Plate]:
    """Air a little darker behind a pale figure and a little lighter behind a dark one, where it would drown in its background."""
    if one.depth > 0.6 or max(one.width, one.height) < 0.08 * stage.unit:
        return
    seen = drawing.alpha > 0.5
    if not bool(seen.any()):
        return
    own = float(grey(drawing.rgb)[seen].mean())
    behind = float(grey(mix(stage.light.haze, stage.light.ground(0.5), 0.35)[None])[0])
    near = max(0.0, 1.0 - abs(own - behind) / 0.24)
    if near <= 0:
        return
    pad = round(0.16 * max(drawing.alpha.shape))
    halo = blur(np.pad(drawing.alpha, pad), pad * 0.42)
    corner = (drawing.corner[0] - pad, drawing.corner[1] - pad)
    if behind > 0.45:
        shade = mix(stage.light.ambient, stage.light.ground(0.8), 0.4)
        yield Plate((halo * 0.62 * near).astype(np.float32), shade, one.depth, "shadow", corner=corner, line=0)
    else:
        yield Plate((halo * 0.30 * near).astype(np.float32), stage.light.sun, one.depth, "light", corner=corner, line=0)
