"""How it read your words: a scene as chips that people can change, and as a sentence for the alt text."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass

from bowerbird.inference.runner.illustrator import drawings, lexicon, tokens
from bowerbird.inference.runner.illustrator.scene import (
    COMPOSITIONS,
    COUNT_MAX,
    MEDIA,
    MOODS,
    PLACES,
    POSES,
    SEASONS,
    SIZES,
    SUBJECTS_MAX,
    TIMES,
    WEATHERS,
    WORLDS,
    Scene,
    Subject,
)  # fmt: skip

EDITS_MAX = 64
CHOICES: dict[str, tuple[str, ...]] = {
    "world": WORLDS, "time": TIMES, "weather": WEATHERS, "season": SEASONS, "mood": MOODS, "medium": MEDIA, "composition": COMPOSITIONS,
}  # fmt: skip
SUBJECT_CHOICES: dict[str, tuple[str, ...]] = {"size": SIZES, "pose": POSES, "place": PLACES}
_LABELS = {
    "papercut": "paper-cut", "marbling": "ink marbling", "weave": "woven threads", "pixel": "pixel art", "golden": "golden hour",
    "plain": "plain background", "rain": "rain", "close": "close-up", "oil": "oil paint", "ink": "ink wash", "upside_down": "upside down",
    "in_front": "in front of", "left_of": "left of", "right_of": "right of", "far": "far away", "near": "up front", "centre": "in the centre",
    "table": "still life",
}  # fmt: skip
_IN_WORLD = {
    "hills": "among hills", "mountains": "in the mountains", "dunes": "in the desert", "canyon": "in a canyon", "sea": "by the sea",
    "underwater": "under water", "lake": "by a lake", "forest": "in a forest", "jungle": "in a jungle", "snow": "in the snow",
    "meadow": "in a meadow", "city": "in a city", "street": "in a street", "room": "in a room", "table": "on a table", "sky": "in the sky",
    "space": "in space", "aurora": "under northern lights", "rain": "behind a rainy window", "garden": "in a garden",
    "marbling": "over marbled ink", "papercut": "among layers of cut paper", "weave": "on woven threads", "plain": "on a plain background",
}  # fmt: skip
_AT_TIME = {
    "dawn": "at dawn", "morning": "in the morning", "day": "by day", "golden": "in the golden hour", "sunset": "at sunset", "dusk": "at dusk",
    "night": "at night",
}  # fmt: skip
_IN_WEATHER = {
    "clear": "", "cloudy": "under clouds", "fog": "in fog", "rain": "in the rain", "storm": "in a storm", "snow": "while it snows",
    "wind": "in the wind",
}  # fmt: skip
_IN_POSE = {"standing": "", "sleeping": "asleep", "upside_down": "upside down"}
_WHERE = {
    "centre": "", "left": "on the left", "right": "on the right", "above": "above", "below": "below", "far": "in the distance", "near": "up front",
    "behind": "behind", "in_front": "in front of", "on": "on", "under": "under", "left_of": "to the left of", "right_of": "to the right of",
    "beside": "beside", "holding": "held by", "inside": "in", "around": "around",
}  # fmt: skip
_PERCHED = {"room": "on the windowsill", "city": "on a roof", "street": "on a roof"}
_NUMBERS = ("no", "a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_SUBJECT_FIELD = re.compile(r"^subjects\.(\d)\.(noun|count|colour|size|pose|place)$")


class BadEdit(ValueError):
    """An edit that the scene cannot take. The message may be shown to the person."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing understood: `field` is a key for `with_edits`, `said` tells whether the words said it or the seed chose it."""

    field: str
    value: str
    label: str
    said: bool


def chips(scene: Scene) -> list[Chip]:
    """Every field of the scene as a chip, what was said first within subjects and scene."""
    out: list[Chip] = []
    for at, one in enumerate(scene.subjects):
        name = f"subjects.{at}"
        out.append(Chip(f"{name}.noun", one.noun, one.noun if one.exact else f"{one.noun}, drawn as {one.drawn_as}", True))
        out.append(Chip(f"{name}.count", str(one.count), f"× {one.count}", one.count != 1))
        if one.colour is not None:
            out.append(Chip(f"{name}.colour", one.colour, one.colour_word or one.colour, True))
        if one.size != "medium":
            out.append(Chip(f"{name}.size", one.size, one.size, True))
        if one.pose != "standing":
            out.append(Chip(f"{name}.pose", one.pose, label(one.pose), True))
        alone = "perched" if one.place == "on" else label(one.place)
        where = alone if one.of is None else f"{label(one.place)} {scene.subjects[one.of].noun}"
        out.append(Chip(f"{name}.place", one.place, where, one.of is not None))
    fields = [Chip(name, getattr(scene, name), label(getattr(scene, name)), name in scene.said) for name in CHOICES]
    return out + sorted(fields, key=lambda chip: not chip.said)


def label(value: str) -> str:
    """A value in words."""
    return _LABELS.get(value, value.replace("_", " "))


def with_edits(scene: Scene, edits: dict[str, str]) -> Scene:
    """The scene with a person's corrections, which then count as said. Raises BadEdit for an unknown field or value.

    Keys: the fields of CHOICES, "light" (0..1), "palette" ("#rrggbb #rrggbb …") and "subjects.N.noun|count|colour|size|pose|place";
    an empty noun takes the subject out, "subjects.N.noun" with N the number of subjects adds one.
    """
    if len(edits) > EDITS_MAX:
        raise BadEdit(f"at most {EDITS_MAX} corrections at once")
    out = copy.deepcopy(scene)
    removed: set[int] = set()
    for name, value in sorted(edits.items()):
        if name in CHOICES:
            setattr(out, name, _chosen(value, CHOICES[name]))
        elif name == "palette":
            out.palette = [_colour(part) for part in value.split()[:6]]
        elif name == "light":
            out.light = _light(value)
        elif found := _SUBJECT_FIELD.match(name):
            at = int(found.group(1))
            if found.group(2) == "noun" and not value.strip():
                removed.add(at)
            _edit_subject(out, at, found.group(2), value.strip())
        else:
            raise BadEdit(f"there is no {name[:40]!r} to change")
        heard = name.partition(".")[0]
        if heard not in out.said and heard != "light":
            out.said.append(heard)
    return _without(out, removed)


def describe(scene: Scene) -> str:
    """A plain sentence for the alt text: "A red fox asleep under a birch tree in a forest at night, watercolour"."""
    mentioned = {one.of for one in scene.subjects if one.of is not None and scene.subjects[one.of].of is None}
    parts: list[str] = []
    for at, one in enumerate(scene.subjects):
        if at in mentioned:
            continue
        part = _phrase(one)
        if one.of is not None:
            part += f" {_WHERE[one.place]} {_phrase(scene.subjects[one.of])}"
            mentioned.add(one.of)
        elif one.place == "on":
            part += f" {_PERCHED.get(scene.world, 'on a branch')}"
        elif one.place in ("far", "left", "right", "above") and len(scene.subjects) > 1:
            part += f" {_WHERE[one.place]}"
        parts.append(part)
    subject = " and ".join(parts) if len(parts) < 3 else ", ".join(parts[:-1]) + " and " + parts[-1]
    where = " ".join(part for part in (_IN_WORLD[scene.world], _IN_WEATHER[scene.weather], _AT_TIME[scene.time]) if part)
    text = f"{subject} {where}".strip() if subject else f"A view {where}"
    return f"{text[0].upper()}{text[1:]}, {label(scene.medium)}"


def _phrase(one: Subject) -> str:
    noun = one.noun if one.exact and drawings.is_english(one.noun) else one.drawn_as
    first = one.colour_word or noun
    article = tokens.article(first) if one.size == "medium" else "a"
    number = article if one.count == 1 else _NUMBERS[one.count]
    if one.count > 1:
        noun = tokens.plural(noun)
    elif tokens.singular(noun.rpartition(" ")[2]):
        number = ""  # "goggles", "books" go without an article
    words = (number, "" if one.size == "medium" else one.size, one.colour_word or "", noun, _IN_POSE.get(one.pose, one.pose))
    return " ".join(word for word in words if word)


def _edit_subject(scene: Scene, at: int, name: str, value: str) -> None:
    if name == "noun" and at == len(scene.subjects) < SUBJECTS_MAX and value:
        scene.subjects.append(Subject(value[:40], "", ""))
    if at >= len(scene.subjects):
        raise BadEdit(f"there is no subject {at + 1}")
    one = scene.subjects[at]
    if name == "noun" and value:
        match = drawings.find(value[:40])
        if match is None:
            raise BadEdit(f"no {value[:40]} among my drawings, and nothing like it")
        one.noun, one.drawing, one.drawn_as, one.exact = value[:40], match.drawing.id, match.drawing.name, match.exact
    elif name == "count":
        if not value.isascii() or not value.isdigit() or not 1 <= int(value[:4]) <= COUNT_MAX:
            raise BadEdit(f"a count is 1 to {COUNT_MAX}")
        one.count = int(value)
    elif name == "colour":
        one.colour = _colour(value) if value else None
        one.colour_word = (value if value in lexicon.COLOURS else None) if value else None
    elif name in SUBJECT_CHOICES:
        setattr(one, name, _chosen(value, SUBJECT_CHOICES[name]))


def _without(scene: Scene, removed: set[int]) -> Scene:
    if not removed:
        return scene
    kept = [at for at in range(len(scene.subjects)) if at not in removed]
    moved = {at: new for new, at in enumerate(kept)}
    scene.subjects = [scene.subjects[at] for at in kept]
    for one in scene.subjects:
        if one.of is not None and one.of not in moved:
            one.place = "centre" if one.place not in ("above", "below", "behind") else one.place
        one.of = moved.get(one.of) if one.of is not None else None
    return scene


def _chosen(value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise BadEdit(f"{value[:40]!r} is not one of {', '.join(choices)}")
    return value


def _colour(value: str) -> str:
    value = lexicon.COLOURS.get(value.lower(), value.lower())
    if not re.fullmatch(r"#[0-9a-f]{6}", value):
        raise BadEdit(f"{value[:40]!r} is not a colour I know")
    return value


def _light(value: str) -> float:
    try:
        light = float(value)
    except ValueError as error:
        raise BadEdit("the light's place is a number from 0 to 1") from error
    if not 0.0 <= light <= 1.0:
        raise BadEdit("the light's place is a number from 0 to 1")
    return light
