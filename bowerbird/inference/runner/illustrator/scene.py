"""A Scene: what the Illustrator understood, before anything is painted.

It is plain data: it is shown to the person as chips, stored in the recipe, compared by remixes and painted by `paint.py`.
The same Scene, size and seed always give the same pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

SUBJECTS_MAX = 8
COUNT_MAX = 12

WORLDS = (
    "hills", "mountains", "dunes", "canyon", "sea", "underwater", "lake", "forest", "jungle", "snow", "meadow", "city",
    "street", "room", "table", "sky", "space", "aurora", "rain", "garden", "marbling", "papercut", "weave", "plain",
)  # fmt: skip
TIMES = ("dawn", "morning", "day", "golden", "sunset", "dusk", "night")
WEATHERS = ("clear", "cloudy", "fog", "rain", "storm", "snow", "wind")
SEASONS = ("spring", "summer", "autumn", "winter")
MOODS = ("calm", "joyful", "melancholy", "mysterious", "dramatic", "dreamy", "cosy", "eerie", "neutral")
MEDIA = (
    "clean", "watercolour", "gouache", "papercut", "ink", "risograph", "pixel", "embroidery", "oil", "chalk", "neon", "woodcut",
)  # fmt: skip
COMPOSITIONS = ("wide", "medium", "close", "portrait", "pattern")
SIZES = ("tiny", "small", "medium", "large", "huge")
POSES = ("standing", "sleeping", "flying", "swimming", "peeking", "jumping", "leaning", "upside_down", "reading", "dancing")
PLACES = (
    "centre", "left", "right", "above", "below", "behind", "in_front", "on", "under", "left_of", "right_of", "beside", "holding",
    "inside", "around", "far", "near",
)  # fmt: skip


@dataclass(slots=True)
class Subject:
    """One noun of the prompt. `place` is absolute (centre, left, right, above, far …) unless `of` names another subject."""

    noun: str  # the person's own word, singular: "fox"
    drawing: str  # id in the drawings index: "noto:fox"
    drawn_as: str  # what is really drawn: "fox"; differs from noun when another stands in
    exact: bool = True  # False: `drawn_as` stands in for `noun`, and the page says so
    count: int = 1  # 1..COUNT_MAX
    colour: str | None = None  # "#rrggbb", when the words asked for one
    colour_word: str | None = None
    size: str = "medium"  # SIZES
    pose: str = "standing"  # POSES
    place: str = "centre"  # PLACES
    of: int | None = None  # index of the subject that `place` refers to; always smaller or larger, never itself


@dataclass(slots=True)
class Scene:
    """Everything the painter needs besides size and seed. Field values come from the tuples above."""

    world: str = "hills"
    time: str = "day"
    weather: str = "clear"
    season: str = "summer"
    mood: str = "neutral"
    medium: str = "watercolour"
    composition: str = "medium"
    palette: list[str] = field(default_factory=list[str])  # 0..6 "#rrggbb" that the words asked for or the mood chose
    subjects: list[Subject] = field(default_factory=list[Subject])
    said: list[str] = field(default_factory=list[str])  # field names the words named outright (the rest the seed chose)
    notes: list[str] = field(default_factory=list[str])  # plain sentences for the person: "no okapi among my drawings: …"
    light: float = 0.5  # horizontal place of the light, 0 left .. 1 right
    variant: int = 0  # which of the candidates' interpretations, 0 .. 3


def encode(scene: Scene) -> dict[str, object]:
    """The scene as plain JSON data."""
    return msgspec.to_builtins(scene)


def decode(data: object) -> Scene:
    """A scene back from JSON data. Raises msgspec.ValidationError where it is not one."""
    return msgspec.convert(data, Scene)
