"""What the Painter understands: the Illustrator's reading of the words, brought to the closed vocabulary the Painter has learned.

What it does not know it paints as the nearest thing it does, and says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bowerbird.inference.runner.illustrator import reading, tokens
from bowerbird.inference.runner.illustrator.scene import Scene, Subject
from bowerbird.inference.wire import Wishes

MEDIUM = "watercolour"
SUBJECTS_MAX = 2
TIMES = {
    "dawn": "sunset",
    "morning": "day",
    "day": "day",
    "golden": "sunset",
    "sunset": "sunset",
    "dusk": "sunset",
    "night": "night",
}
NUMBERS = {2: "two", 3: "three"}
RELATIONS = {"left_of": "left_of", "right_of": "right_of", "above": "above", "on": "above"}

Embed = Callable[[list[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Said:
    """The words given to the network, and what to tell the person about them."""

    words: str
    medium: str
    alt: str
    reading: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list[str])


class Knowledge:
    """The card's vocabulary with its meanings: `knows` as the card has it, `embed` turns texts into unit vectors (n, 384)."""

    def __init__(self, knows: dict[str, Any], embed: Embed) -> None:
        self._knows, self._embed = knows, embed
        self._names = {name: noun for noun, others in knows["subjects"].items() for name in (noun, *others)}
        self._nouns = list(self._names)
        self._meanings = embed(self._nouns)
        self._worlds = list(knows["worlds"])
        self._world_meanings = embed([knows["worlds"][world] for world in self._worlds])

    def read(self, prompt: str, seed: int, wishes: Wishes) -> Said:
        """The words to paint, from a prompt in whatever words; never raises for any text."""
        scene = reading.read(prompt, seed, wishes.variant, self._embed)
        notes: list[str] = []
        subjects = scene.subjects[:SUBJECTS_MAX]
        if len(scene.subjects) > SUBJECTS_MAX:
            notes.append(
                f"The Painter paints two kinds of things at most: {', '.join(s.noun for s in scene.subjects[SUBJECTS_MAX:])} left out."
            )
        nouns = [self._noun(one, notes) for one in subjects] or [self._fitting(prompt, notes)]
        told = [self._told(noun, one, notes) for noun, one in zip(nouns, subjects, strict=False)] or [_one(nouns[0])]
        world = self._world(scene, notes)
        medium = self._medium(wishes.style or (scene.medium if "medium" in scene.said else ""), notes)
        time = TIMES.get(scene.time, "day")
        what = told[0] if len(told) < 2 else f"{told[0]} {self._knows['relations'][_relation(subjects)]} {told[1]}"
        shown = " ".join(part for part in (what, self._knows["worlds"][world], self._knows["times"][time]) if part)
        values = {"subject": " and ".join(nouns), "world": world.replace("_", " "), "time": time, "medium": medium}
        chips = [{"field": name, "value": value, "label": name, "said": name in scene.said} for name, value in values.items()]
        alt = shown[0].upper() + shown[1:]
        return Said(f"{shown}, {self._knows['media'][medium]}", medium, f"{alt}, {medium}.", chips, notes)

    def unwanted(self, negative_prompt: str) -> str:
        """The negative prompt as it goes to the network: as it is, for it only pushes away."""
        return " ".join(negative_prompt.split())[:200]

    def _noun(self, one: Subject, notes: list[str]) -> str:
        for name in (one.noun, one.drawn_as):
            if name in self._names:
                if not one.exact:
                    notes.append(f"The Painter cannot paint “{one.noun}” yet: it paints a {self._names[name]}.")
                return self._names[name]
        nearest = self._nearest(one.noun)
        notes.append(f"The Painter cannot paint “{one.noun}” yet: the nearest it knows is a {nearest}.")
        return nearest

    def _nearest(self, text: str) -> str:
        return self._names[self._nouns[int(np.argmax(self._meanings @ self._embed([text])[0]))]]

    def _fitting(self, prompt: str, notes: list[str]) -> str:
        found = self._nearest(prompt)
        notes.append(f"The words name no thing, and the Painter always paints one: it chose a {found}.")
        return found

    def _told(self, noun: str, one: Subject, notes: list[str]) -> str:
        colour = one.colour_word or ""
        if colour and colour not in self._knows["colours"]:
            notes.append(f"The Painter does not know the colour “{colour}”.")
            colour = ""
        count = min(one.count, max(self._knows["counts"]))
        if count < one.count:
            notes.append(f"The Painter counts to {count}.")
        name = f"{colour} {noun}".strip()
        return f"{NUMBERS[count]} {tokens.plural(name)}" if count > 1 else _one(name)

    def _world(self, scene: Scene, notes: list[str]) -> str:
        if scene.world in self._worlds:
            return scene.world
        nearest = self._worlds[int(np.argmax(self._world_meanings @ self._embed([scene.world])[0]))]
        if "world" in scene.said:
            notes.append(f"The Painter cannot paint “{scene.world}” yet: it paints {self._knows['worlds'][nearest]}.")
        return nearest

    def _medium(self, wanted: str, notes: list[str]) -> str:
        if wanted in self._knows["media"]:
            return wanted
        if wanted:
            notes.append(f"The Painter has not learned “{wanted}”: it paints in {MEDIUM}.")
        return MEDIUM


def _relation(subjects: list[Subject]) -> str:
    """Where the first stands from the second, in a word the Painter knows; side by side where the words say nothing."""
    first, second = subjects[0], subjects[1]
    if first.of == 1:
        return RELATIONS.get(first.place, "left_of")
    if second.of == 0:
        return {"left_of": "right_of", "right_of": "left_of"}.get(second.place, "left_of")
    return "left_of"


def _one(name: str) -> str:
    return f"{tokens.article(name)} {name}"
