"""What every world answers: its steps from far to near, where the ground is, and how large things are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..canvas import Plate
from ..stage import Stage

if TYPE_CHECKING:
    from .perches import Perch


@dataclass(slots=True)
class Step:
    """One named layer of a world. `depth` 1 far .. 0 near orders it among the subjects; `draw` makes its plates when asked."""

    name: str
    depth: float
    draw: Callable[[], Iterable[Plate]]


class World:
    """A place with a ground to stand on. Subclasses fill `steps`; the rest are good answers for open land."""

    horizon = 0.5  # where land meets sky, 0 top .. 1 bottom
    footing: tuple[float, float] = (0.66, 0.93)  # the ground line at depth 1 and at depth 0
    grounded = True  # False: nothing stands, things float (sky, space, underwater, patterns)
    water: tuple[float, float] | None = None  # the water's surface at depth 1 and 0, where there is some
    wet: float = 0.0  # how strongly the ground mirrors what stands on it
    shade = 1.0  # how dark contact shadows are
    haze = 1.0  # how much air lies between near and far
    tabletop = False  # True: things stand close to the eye, so that small ones look nearly as large as others
    size = 1.0  # how large subjects are here
    side: float = 0.5  # across, where the world's own thing stands that guests keep clear of
    opening = (0.3, 0.15, 0.7, 0.56)  # a window to the outside, where there is one: left, top, right, bottom
    perch: Perch | None = None  # what somebody sits on, when the words said so

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.light = stage.light
        self.rng = stage.rng(type(self).__name__)

    def steps(self) -> list[Step]:
        """The layers in the order in which they are painted."""
        raise NotImplementedError

    def ground(self, x: float, depth: float) -> float:
        """Where something at `x` (0..1) and `depth` (1 far .. 0 near) stands, 0 top .. 1 bottom."""
        far, near = self.footing
        return near + (far - near) * depth + 0.0 * x

    def scale(self, depth: float) -> float:
        """How large a thing looks at that depth, 1 in front."""
        return 1.0 - 0.72 * depth
