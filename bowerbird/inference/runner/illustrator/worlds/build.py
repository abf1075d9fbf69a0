"""From a world's name to the world."""

from __future__ import annotations

from ..stage import Stage
from .aurora import Aurora
from .base import World
from .canyon import Canyon
from .city import City
from .dunes import Dunes
from .forest import Forest
from .garden import Garden
from .heavens import Heavens
from .hills import Hills
from .jungle import Jungle
from .lake import Lake
from .marbling import Marbling
from .meadow import Meadow
from .mountains import Mountains
from .papercut import PaperContours
from .perches import perch_of
from .plain import Plain
from .rain import Rain
from .room import Room
from .sea import Sea
from .snow import Snow
from .space import Space
from .street import Street
from .table import Table
from .underwater import Underwater
from .weave import Weave

WORLDS: dict[str, type[World]] = {
    "hills": Hills, "mountains": Mountains, "dunes": Dunes, "canyon": Canyon, "sea": Sea, "underwater": Underwater, "lake": Lake,
    "forest": Forest, "jungle": Jungle, "snow": Snow, "meadow": Meadow, "city": City, "street": Street, "room": Room, "table": Table,
    "sky": Heavens, "space": Space, "aurora": Aurora, "rain": Rain, "garden": Garden, "marbling": Marbling, "papercut": PaperContours,
    "weave": Weave, "plain": Plain,
}  # fmt: skip


def world_of(stage: Stage) -> World:
    """The world the stage's scene names; hills for one that is not known."""
    world = WORLDS.get(stage.scene.world, Hills)(stage)
    world.perch = perch_of(stage, world)
    return world
