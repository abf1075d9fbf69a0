"""A remix: the difference of the new words against the old ones, applied to the parent's scene."""

from __future__ import annotations

import copy
import random

from bowerbird.inference.runner.illustrator.drawings import Embed
from bowerbird.inference.runner.illustrator.reading import read
from bowerbird.inference.runner.illustrator.scene import SUBJECTS_MAX, Scene, Subject

FIELDS = ("world", "time", "weather", "season", "mood", "medium", "composition")
_ASKED = ("count", "colour", "colour_word", "size", "pose")


def remix(
    parent: Scene, parent_prompt: str, prompt: str, strength: float, seed: int, variant: int, embed: Embed | None = None, negative_prompt: str = "",
) -> Scene:  # fmt: skip
    """The parent's scene with what the new words change. `strength` 0..1: how far what nobody named may drift.

    Both prompts are read with the same seed, so that their difference is what the words made of it and nothing else.
    The same words at strength 0 give the parent back. A prompt that names no thing ("at night, in the snow") is an
    instruction: it keeps the parent's things.
    """
    strength = min(1.0, max(0.0, strength))
    if prompt.strip() == parent_prompt.strip() and strength == 0.0 and not negative_prompt.strip():
        return copy.deepcopy(parent)
    before, after = (read(text, seed, variant, embed, negative_prompt) for text in (parent_prompt, prompt))
    child = copy.deepcopy(parent)
    child.variant, child.notes = after.variant, list(after.notes)
    instruction = not after.subjects and bool(parent.subjects)
    drift = before if instruction else after  # what is not named drifts to where the parent's things are at home
    for name in FIELDS:
        setattr(child, name, _field(name, parent, before, after, drift, strength))
    child.palette = list(parent.palette)
    if "palette" in after.said:
        child.palette = after.palette
    elif _drifts("palette", strength, drift):
        child.palette = drift.palette
    child.light = round(parent.light + (after.light - parent.light) * strength, 3)
    child.said = sorted(set(after.said) | (set(parent.said) if instruction else set()))
    if not instruction:
        child.subjects = _subjects(parent, before, after)
    return child


def _field(name: str, parent: Scene, before: Scene, after: Scene, drift: Scene, strength: float) -> str:
    old, new = getattr(before, name), getattr(after, name)
    if name in after.said:
        return new if old != new or name not in before.said else getattr(parent, name)
    dropped = name in before.said and drift is after
    return getattr(drift, name) if dropped or _drifts(name, strength, drift) else getattr(parent, name)


def _drifts(name: str, strength: float, drift: Scene) -> bool:
    """Whether a field lets go of the parent: by a number that belongs to the field and this candidate's light and place."""
    return random.Random(f"{name}/{drift.variant}/{drift.light}").random() < strength


def _subjects(parent: Scene, before: Scene, after: Scene) -> list[Subject]:
    """The parent's things that are still named, changed where the words changed, and the new ones in the places left free."""
    used: set[int] = set()
    gone = [one for one in parent.subjects if _match(one, after.subjects, set()) is None]
    made: list[Subject] = []
    for new in after.subjects[:SUBJECTS_MAX]:
        at = _match(new, parent.subjects, used)
        one = copy.deepcopy(new)
        if at is not None:
            used.add(at)
            one = _changed(parent.subjects[at], before, new)
        elif new.of is None and gone:
            left = gone.pop(0)
            one.place = left.place if left.of is None else new.place
            one.size = left.size if new.size == "medium" else new.size
        one.of = new.of
        made.append(one)
    return made


def _changed(kept: Subject, before: Scene, new: Subject) -> Subject:
    one = copy.deepcopy(kept)
    at = _match(new, before.subjects, set())
    old = before.subjects[at] if at is not None else None
    for name in _ASKED:
        if old is None or getattr(old, name) != getattr(new, name):
            setattr(one, name, getattr(new, name))
    if new.of is not None or old is None or old.place != new.place or kept.of is not None:
        one.place = new.place
    return one


def _match(one: Subject, among: list[Subject], used: set[int]) -> int | None:
    """The place of the same thing in another list: by the word said, else by what is drawn."""
    free = [at for at in range(len(among)) if at not in used]
    said = [at for at in free if among[at].noun == one.noun]
    drawn = [at for at in free if among[at].drawn_as == one.drawn_as]
    return next(iter(said + drawn), None)
