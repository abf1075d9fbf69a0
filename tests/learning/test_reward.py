"""The reward head on planted tastes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bowerbird.inference.registry import REWARD as FILE
from bowerbird.inference.runner import eye
from bowerbird.learning.pictures.reward import PER_PERSON_MAX, Choice, learn


def choices(taste: np.ndarray, people: int = 20, each: int = 15, noise: float = 0.3) -> list[Choice]:
    """Four tries, the one nearest to a shared taste picked, with some chance in it."""
    dice = np.random.default_rng(3)
    found: list[Choice] = []
    for person in range(people):
        for _ in range(each):
            tries = dice.normal(size=(4, len(taste))).astype(np.float32)
            best = int(np.argmax(tries @ taste + dice.normal(0, noise, 4)))
            found.append(Choice(person, tries[best], np.delete(tries, best, 0)))
    return found


TASTE = np.random.default_rng(9).normal(size=eye.FEATURES).astype(np.float32)


def test_a_planted_taste_is_found_and_held_out_people_agree() -> None:
    head = learn(choices(TASTE))
    assert head
    assert head.people == 20
    assert head.chance == 0.25
    assert head.right is not None
    assert head.right > 0.7
    weights = np.array(head.weights)
    assert weights @ TASTE / np.linalg.norm(weights) / np.linalg.norm(TASTE) > 0.8


def test_no_taste_gives_nothing_better_than_chance() -> None:
    head = learn(choices(TASTE, noise=1000))
    assert head
    assert head.right is not None
    assert head.right < 0.45


def test_the_order_of_the_choices_is_nothing_to_it() -> None:
    some = choices(TASTE, people=8)
    assert learn(some) == learn(some[::-1])


def test_who_never_was_there_left_nothing_behind() -> None:
    everyone = choices(TASTE, people=10)
    assert learn([one for one in everyone if one.person != 4]) == learn([one for one in everyone[::-1] if one.person != 4])
    assert learn(everyone) != learn([one for one in everyone if one.person != 4])


def test_one_person_is_not_everybody() -> None:
    loud = [Choice(1, one.picked, one.others) for one in choices(-TASTE, people=40, each=20)]
    head = learn(loud)
    assert head
    assert head.pairs == PER_PERSON_MAX * 3


def test_too_few_picks_teach_nothing() -> None:
    assert learn([]) is None
    assert learn(choices(TASTE, people=1, each=6)) is None


def test_the_head_scores_pictures_and_a_foreign_one_is_refused(tmp_path: Path) -> None:
    picture = Image.new("RGB", (300, 200), "teal")
    assert eye.reward(picture, tmp_path / FILE) is None
    features = eye.shared().features([picture])[0]
    head = learn(choices(TASTE))
    assert head
    head.write(tmp_path / FILE)
    assert eye.reward(picture, tmp_path / FILE) == pytest.approx(float(features @ np.array(head.weights)), abs=1e-4)
    (tmp_path / "other.json").write_text('{"weights": [1, 2]}')
    with pytest.raises(ValueError, match="learn it again"):
        eye.reward(picture, tmp_path / "other.json")
