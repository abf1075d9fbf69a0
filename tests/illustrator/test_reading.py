"""What holds for every prompt: valid scenes, the same again, and candidates that differ."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bowerbird.inference.runner.illustrator import scene as contract
from bowerbird.inference.runner.illustrator import tokens
from bowerbird.inference.runner.illustrator.drawings import index
from bowerbird.inference.runner.illustrator.edit import CHOICES, SUBJECT_CHOICES, chips, describe
from bowerbird.inference.runner.illustrator.reading import read
from bowerbird.inference.runner.illustrator.scene import Scene, decode, encode

HOSTILE = [
    "", " ", "\x00\x01\x02", "<script>alert(1)</script>", "'; drop table posts; --", "🏴‍☠️" * 300, "a" * 5000, "fox " * 400,
    "﷽" * 50, "\u202egnp.exe", "nude blood gore murder", "....,,,;;;!!!???", "no", "without", "and and and", "of of of the the",
    "left right above below", "0 00 000 99999999999999999999 foxes", "²³ foxes", "٣ foxes", "٣٣٣٣٣٣ cats", "a of in on under", "not not not a fox",
    "holding", "two", "red", "\ud800 fox", "sleeping", "of a", "fox holding holding holding", "<<<<<>>>>>", "fox\n\n\nfox",
]  # fmt: skip


def assert_valid(scene: Scene) -> None:
    for name, choices in CHOICES.items():
        assert getattr(scene, name) in choices
    assert len(scene.subjects) <= contract.SUBJECTS_MAX
    assert len(scene.palette) <= 6
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in scene.palette)
    assert 0.0 <= scene.light <= 1.0
    for at, one in enumerate(scene.subjects):
        assert one.drawing in index().by_id
        assert 1 <= one.count <= contract.COUNT_MAX
        assert one.of is None or (0 <= one.of < len(scene.subjects) and one.of != at)
        assert one.colour is None or re.fullmatch("#[0-9a-f]{6}", one.colour)
        for name, choices in SUBJECT_CHOICES.items():
            assert getattr(one, name) in choices
    assert decode(encode(scene)) == scene
    assert describe(scene)
    assert chips(scene)


@pytest.mark.parametrize("prompt", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_prompts_give_valid_scenes(prompt: str) -> None:
    assert_valid(read(prompt, 1))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=700), st.integers(0, 2**63 - 1), st.integers(0, 3))
def test_any_text_gives_a_valid_scene(prompt: str, seed: int, variant: int) -> None:
    scene = read(prompt, seed, variant)
    assert_valid(scene)
    assert read(prompt, seed, variant) == scene


WORDS = (
    "a the two three many red blue tiny fox cat tree house moon okapi on under in left of holding with and , no without "
    "night forest snow sleeping"
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=24).map(" ".join), st.integers(0, 99))
def test_any_order_of_known_words_gives_a_valid_scene(prompt: str, seed: int) -> None:
    assert_valid(read(prompt, seed, seed % 4))


def test_candidates_differ_in_what_was_not_said_only() -> None:
    scenes = [read("a red fox asleep under a birch tree at night", 3, variant) for variant in range(4)]
    assert 2 <= len({scene.medium for scene in scenes}) <= 4
    assert len({(scene.world, scene.composition, scene.light, tuple(scene.palette)) for scene in scenes}) == 4
    assert {scene.time for scene in scenes} == {"night"}
    assert {(scene.subjects[0].noun, scene.subjects[0].colour_word, scene.subjects[0].pose) for scene in scenes} == {
        ("fox", "red", "sleeping")
    }


def test_a_long_prompt_is_bounded_and_says_so() -> None:
    scene = read("a fox in a forest, " * 60, 1)
    assert "only the first 600 characters were read" in scene.notes


def test_a_stand_in_is_said() -> None:
    scene = read("an okapi", 1)
    assert scene.notes == ["no okapi among my drawings: a deer stands in"]
    assert not scene.subjects[0].exact


def test_what_cannot_be_drawn_is_left_out_and_said() -> None:
    scene = read("a fox and a zzyzx", 1)
    assert [one.noun for one in scene.subjects] == ["fox"]
    assert any("zzyzx" in note for note in scene.notes)


def test_more_than_twelve_are_said_to_be_twelve() -> None:
    scene = read("40 balloons", 1)
    assert scene.subjects[0].count == 12
    assert scene.notes == ["40 is more than I can place: 12 are drawn"]


def test_the_negative_prompt_takes_things_out() -> None:
    scene = read("a fox and a cat at night", 1, negative_prompt="cat, night, watercolour")
    assert [one.noun for one in scene.subjects] == ["fox"]
    assert scene.time != "night"
    assert all(read("a fox", 1, variant, negative_prompt="watercolour").medium != "watercolour" for variant in range(4))


@pytest.mark.parametrize(("prompt", "things"), [
    ("woven threads in rust and cream", []), ("a goldfish driving a car on the moon", [("goldfish", 1), ("car", 1)]),
    ("an owl in a library", [("owl", 1), ("bookshelf", 1)]), ("my cat as a king", [("cat", 1), ("crown", 1)]),
    ("桜の木の下の猫", [("桜の木", 1), ("猫", 1)]), ("кот и луна", [("кот", 1), ("луна", 1)]),
    ("a dragon above a castle in the clouds", [("dragon", 1), ("castle", 1)]), ("a jar of fireflies", [("jar", 1), ("firefly", 1)]),
])  # fmt: skip
def test_just_these_things_are_drawn(prompt: str, things: list[tuple[str, int]]) -> None:
    found = read(prompt, 3).subjects
    assert len(found) == len(things)
    assert [one.count for one in found] == [count for _, count in things]
    if prompt.isascii():
        assert [one.noun for one in found] == [noun for noun, _ in things]


@pytest.mark.parametrize("perch", ["on a windowsill", "on a branch", "on the roof"])
def test_what_the_world_offers_to_sit_on_is_no_thing(perch: str) -> None:
    scene = read(f"a cat {perch}", 3)
    assert [(one.noun, one.place, one.of) for one in scene.subjects] == [("cat", "on", None)]


def test_unasked_media_are_mostly_the_lovely_ones_and_never_busy_where_it_is_dense() -> None:
    drawn = [read("a fox in a forest", seed, variant).medium for seed in range(60) for variant in range(4)]
    assert sum(medium in ("watercolour", "gouache", "oil", "papercut", "clean", "risograph") for medium in drawn) > 0.85 * len(
        drawn
    )
    assert not {"woodcut", "embroidery"} & set(drawn)
    for seed in range(20):
        assert len({read("a fox", seed, variant).medium for variant in range(4)}) >= 2


def test_a_fish_is_not_put_on_a_dune() -> None:
    assert {read("a fish", seed, variant).world for seed in range(8) for variant in range(4)} <= {"underwater", "sea", "lake"}


@pytest.mark.parametrize(
    ("prompt", "noun", "count"),
    [
        ("three lighthouses", "lighthouse", 3),
        ("two houses by a lake", "house", 2),
        ("two buses", "bus", 2),
        ("five walruses", "walrus", 5),
    ],
)
def test_words_that_end_like_houses_and_like_buses_find_their_singular(prompt: str, noun: str, count: int) -> None:
    for seed in range(3):
        assert [(one.noun, one.count) for one in read(prompt, seed, 0).subjects][:1] == [(noun, count)]


def test_plurals_are_put_into_words() -> None:
    said = {
        "red fox": "red foxes",
        "cup of tea": "cups of tea",
        "goldfish": "goldfish",
        "daisy": "daisies",
        "grey wolf": "grey wolves",
    }
    assert {name: tokens.plural(name) for name in said} == said
    assert [tokens.article(name) for name in ("owl", "unicorn", "ufo", "fox")] == ["an", "a", "a", "a"]
