"""What every medium answers: how its sheet begins, how a plate is laid on it, and how the picture is finished."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Laid, Plate, Sheet, over, remember, screen, settled
from ..colour import Colour, Field, hexed
from ..light import Light
from ..stage import Stage


class Medium:
    """Opaque, even paint on white: the plain way, which each material changes where it is different."""

    passes: tuple[str, ...] = ("finish",)  # human names of the finishing passes
    wobble = 0.0  # how loosely outlines of figures are drawn, in thousandths of a unit
    tones = 0  # into how many tones a figure is simplified; 0 leaves it
    paper = "#fbf8f0"
    shading = 1.0  # how much light and shade a figure is given

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rng = stage.rng("medium")

    @staticmethod
    def relit(light: Light) -> Light:
        """The light as this medium's pigments can show it."""
        return light

    def start(self) -> Sheet:
        """The empty sheet."""
        return Sheet.blank(self.stage.w, self.stage.h, hexed(self.paper))

    def lay(self, sheet: Sheet, plate: Plate) -> None:
        """Put one plate on the sheet, in place."""
        laid = settled(sheet, plate)
        if laid is None:
            return
        if plate.kind == "light":
            self.glow(sheet, laid)
        elif plate.kind == "shadow":
            self.darken(sheet, laid)
        else:
            self.cover(sheet, plate, laid)
        remember(sheet, plate, laid)

    def glow(self, sheet: Sheet, laid: Laid) -> None:
        """Light added to what is there."""
        sheet.rgb[laid.part] = screen(sheet.rgb[laid.part], laid.colour, np.clip(laid.mask, 0, 1))

    def darken(self, sheet: Sheet, laid: Laid) -> None:
        """Shade multiplied into what is there."""
        sheet.rgb[laid.part] *= 1 - laid.mask[..., None] * (1 - laid.colour)

    def cover(self, sheet: Sheet, plate: Plate, laid: Laid) -> None:
        """A shape laid over what is there."""
        del plate
        sheet.rgb[laid.part] = over(sheet.rgb[laid.part], laid.colour, laid.mask)

    def look(self, sheet: Sheet) -> Field:
        """The sheet as a preview shows it while it is being painted."""
        return sheet.rgb

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """One picture for each of `passes`, the last one finished."""
        yield sheet.rgb


def grain(stage: Stage, strength: float, key: str = "grain") -> Field:
    """Paper: fine tooth and slow cloudiness, about 1 ± strength, (h, w)."""
    fine = stage.rng(key).normal(0, 1, (stage.h, stage.w)).astype(np.float32)
    tooth = stage.fbm(key + ".tooth", 150, 3, 0.7) - 0.5
    return 1 + strength * (0.28 * fine + 1.2 * tooth)


def toned(colour: Colour, light: float) -> Field:
    """A colour made lighter (> 1) or darker, clipped."""
    return np.clip(colour * light, 0, 1)
