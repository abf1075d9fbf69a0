"""What the painter is taught: captions are true and varied, held-out pairs stay out."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bowerbird.inference.runner.illustrator import reading
from bowerbird.learning.pictures.evaluate import written
from bowerbird.learning.pictures.material import HELD_OUT_SEED, scene_of, taught
from bowerbird.learning.pictures.sheets import END, START, between
from bowerbird.learning.pictures.words import COLOURS, HELD_OUT, MEDIA, SUBJECTS, WORLDS, Facts, One, caption, drawn, plainly


def test_the_pairs_it_is_tested_on_are_never_taught() -> None:
    dice = random.Random(1)
    taught = set().union(*(drawn(dice).pairs for _ in range(20_000)))
    assert not taught & HELD_OUT
    assert len(taught) > 0.98 * (len(SUBJECTS) * (len(WORLDS) + len(COLOURS)) - len(HELD_OUT)), "every other pair is"
    assert set().union(*(drawn(dice, held_out=True).pairs for _ in range(20_000))) >= HELD_OUT


def test_a_scene_that_was_read_otherwise_is_passed_over() -> None:
    dice = random.Random(2)
    wrong = 0
    for seed in range(200):
        facts = drawn(dice)
        scene = reading.read(plainly(facts), seed)
        as_meant = [(s.noun, s.count, s.colour_word) for s in scene.subjects] == [
            (one.noun, one.count, one.colour) for one in facts.subjects
        ]
        wrong += not as_meant
    assert wrong < 8, "the Illustrator understands nearly all"
    misread = Facts((One("lighthouse", 3), One("owl")), "mountains", "sunset", "ink")
    assert taught(misread, 1) is None


def test_captions_say_the_same_in_many_ways() -> None:
    dice = random.Random(3)
    facts = drawn(dice)
    said = {caption(facts, dice) for _ in range(300)}
    assert len(said) > 150
    names = {name for one in facts.subjects for name in (one.noun, *SUBJECTS[one.noun])}
    assert all(any(name.removesuffix("y") in each for name in names) for each in said)


def test_a_seed_is_a_scene() -> None:
    first, again, other = scene_of(41), scene_of(41), scene_of(HELD_OUT_SEED + 41, held_out=True)
    assert first
    assert again
    assert other
    assert first[0] == again[0]
    assert (first[1].picture == again[1].picture).all()
    assert first[1].captions == again[1].captions
    assert not (first[1].picture == other[1].picture).all()


def test_there_are_200_written_prompts_and_the_untaught_pairs_are_among_them() -> None:
    prompts = written()
    assert len(prompts) == 200
    assert len({one.prompt for one in prompts}) == 200
    assert {one.facts.medium for one in prompts} == set(MEDIA)
    assert set().union(*(one.facts.pairs for one in prompts)) >= HELD_OUT


def test_measuring_again_changes_only_what_stands_between_the_marks() -> None:
    page = "before\n<a>\nold\n<b>\nafter"
    assert between(page, "<a>", "<b>", "new") == "before\n<a>\nnew\n<b>\nafter"
    with pytest.raises(ValueError):
        between("before <a> no end", "<a>", "<b>", "new")
    assert all(mark.format(name) in Path("docs/pictures.md").read_text() for mark in (START, END) for name in ("card", "table"))
