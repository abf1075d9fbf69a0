"""Remixes, corrections and the sentence for the alt text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bowerbird.inference.runner.illustrator.edit import BadEdit, chips, describe, with_edits
from bowerbird.inference.runner.illustrator.reading import read
from bowerbird.inference.runner.illustrator.remix import remix
from bowerbird.inference.runner.illustrator.scene import Scene

PROMPT = "a red fox asleep under a pine tree at night"
FIELDS = ("world", "time", "weather", "season", "mood", "medium", "composition")


def parent() -> Scene:
    return read(PROMPT, 7, 1)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120), st.integers(0, 1000), st.integers(0, 3))
def test_the_same_words_at_strength_nought_give_the_parent(prompt: str, seed: int, variant: int) -> None:
    scene = read(prompt, 5, 2)
    assert remix(scene, prompt, prompt, 0.0, seed, variant) == scene


def test_a_changed_colour_changes_only_the_colour() -> None:
    child = remix(parent(), PROMPT, PROMPT.replace("red", "blue"), 0.0, 99, 0)
    assert child.subjects[0].colour_word == "blue"
    assert [getattr(child, name) for name in FIELDS] == [getattr(parent(), name) for name in FIELDS]
    assert child.subjects[1] == parent().subjects[1]
    assert child.light == parent().light


def test_a_changed_hour_keeps_the_things() -> None:
    child = remix(parent(), PROMPT, PROMPT.replace("at night", "at sunset"), 0.0, 4, 0)
    assert child.time == "sunset"
    assert child.subjects == parent().subjects
    assert child.medium == parent().medium


def test_words_that_name_no_thing_are_an_instruction() -> None:
    child = remix(parent(), PROMPT, "make it pixel art, in the snow", 0.0, 4, 0)
    assert (child.medium, child.world, child.time) == ("pixel", "snow", "night")
    assert child.subjects == parent().subjects


def test_another_animal_takes_the_first_ones_place() -> None:
    child = remix(parent(), PROMPT, PROMPT.replace("red fox", "wolf"), 0.0, 4, 0)
    assert [one.noun for one in child.subjects] == ["wolf", "pine tree"]
    assert (child.subjects[0].pose, child.subjects[0].place, child.subjects[0].of) == ("sleeping", "under", 1)


def test_strength_lets_what_was_not_named_drift() -> None:
    scene = parent()
    moved = [
        sum(getattr(child, name) != getattr(scene, name) for child in children for name in FIELDS)
        for strength in (0.0, 0.5, 1.0)
        if (children := [remix(scene, PROMPT, PROMPT + ", dreaming", strength, seed, seed % 4) for seed in range(12)])
    ]
    assert moved[0] == 0
    assert moved[0] < moved[1] < moved[2]
    assert all(remix(scene, PROMPT, PROMPT + ", dreaming", 1.0, seed, 0).time == "night" for seed in range(6))


def test_chips_can_be_corrected() -> None:
    scene = with_edits(
        parent(), {"world": "city", "subjects.0.count": "3", "subjects.0.noun": "rabbit", "subjects.0.colour": "teal"}
    )
    assert scene.world == "city"
    assert "world" in scene.said
    assert (scene.subjects[0].noun, scene.subjects[0].count, scene.subjects[0].colour) == ("rabbit", 3, "#128a8a")
    assert {chip.value for chip in chips(scene)} >= {"city", "3", "rabbit", "#128a8a"}
    assert parent().world != "city"


def test_a_subject_can_be_taken_out_and_put_in() -> None:
    scene = with_edits(parent(), {"subjects.1.noun": ""})
    assert [one.noun for one in scene.subjects] == ["fox"]
    assert scene.subjects[0].of is None
    scene = with_edits(parent(), {"subjects.2.noun": "owl"})
    assert [one.noun for one in scene.subjects] == ["fox", "pine tree", "owl"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("world", "narnia"), ("notes", "x"), ("subjects.0.count", "0"), ("subjects.0.count", "²"), ("subjects.9.noun", "fox"),
     ("subjects.0.colour", "red; url(x)"), ("light", "nan"), ("light", "much"), ("subjects.0.pose", "kneeling"), ("__class__", "x"),
     ("palette", "#12 #zzzzzz")],
)  # fmt: skip
def test_a_bad_correction_is_refused(field: str, value: str) -> None:
    with pytest.raises(BadEdit):
        with_edits(parent(), {field: value})


def test_the_scene_can_be_said_in_a_sentence() -> None:
    scene = with_edits(parent(), {"world": "forest", "medium": "watercolour", "weather": "clear"})
    assert describe(scene) == "A red fox asleep under a pine tree in a forest at night, watercolour"
    assert describe(Scene()) == "A view among hills by day, watercolour"
    assert describe(read("three mice on a cheese", 1)).startswith("Three mice on a cheese")
