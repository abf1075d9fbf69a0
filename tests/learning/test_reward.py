"""The reward head on planted tastes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bowerbird.inference.registry import REWARD as FILE
from bowerbird.inference.runner import eye
from bowerbird.learning.pictures.reward import Choice, learn, read
from bowerbird.learning.pictures.trade import examined


def choices(taste: np.ndarray, people: int = 20, each: int = 15, noise: float = 0.3) -> list[Choice]:
    """Four tries, the one nearest to a shared taste picked, with some chance in it."""
    dice = np.random.default_rng(3)
    found: list[Choice] = []
    for person in range(people):
        for _ in range(each):
            tries = dice.normal(size=(4, len(taste))).astype(np.float32)
            best = int(np.argmax(tries @ taste + dice.normal(0, noise, 4)))
            found.append(Choice(f"{person:016x}", tries[best], np.delete(tries, best, 0), best))
    return found


TASTE = np.random.default_rng(9).normal(size=eye.FEATURES).astype(np.float32)


def split(found: list[Choice]) -> tuple[list[Choice], list[Choice]]:
    """A third of the people are what it is examined with."""
    apart = {f"{number:016x}" for number in range(0, 60, 3)}
    return [one for one in found if one.person not in apart], [one for one in found if one.person in apart]


def test_a_planted_taste_is_found_and_passes_on_people_it_has_not_seen() -> None:
    taught, held = split(choices(TASTE, people=30))
    head = learn(taught)
    assert head
    assert head.people == 20
    weights = np.array(head.weights)
    assert weights @ TASTE / np.linalg.norm(weights) / np.linalg.norm(TASTE) > 0.8
    report = examined(head, None, held, 1)
    assert report.passed
    assert {check.name for check in report.checks} == {"enough", "picks", "first"}
    assert report.checks[1].before == 0.25
    assert report.checks[1].value > 0.7
    again = examined(head, head, held, 2)  # no better than itself
    assert not again.passed


def test_no_taste_is_held_back_and_so_is_who_only_takes_the_first() -> None:
    taught, held = split(choices(TASTE, people=30, noise=1000))
    head = learn(taught)
    assert head
    assert not examined(head, None, held, 1).passed
    first = [Choice(one.person, one.picked, one.others, 0) for one in split(choices(TASTE, people=30))[1]]
    head = learn(split(choices(TASTE, people=30))[0])
    assert head
    report = examined(head, None, first, 1)
    assert [check.name for check in report.checks if not check.passed] == ["first"]


def test_random_picks_are_not_promoted_over_forty_rounds() -> None:
    """Forty seeded towns without any taste, one error budget: at most two versions pass."""
    passed, round_ = 0, 1
    for seed in range(40):
        dice = np.random.default_rng(seed)
        tries = [(f"{person:016x}", dice.normal(size=(4, 8)).astype(np.float32)) for person in range(30) for _ in range(10)]
        taught, held = split([Choice(person, four[0], four[1:], int(dice.integers(4))) for person, four in tries])
        head = learn(taught)
        assert head
        passed += examined(head, None, held, round_).passed
        round_ += 1
    assert passed <= 2


def test_what_cannot_tell_has_its_share() -> None:
    same = np.zeros((3, 4), np.float32)
    head = learn([Choice("a", np.ones(4, np.float32), same)] * 10)
    assert head
    assert head.right([Choice("b", same[0], same)]).tolist() == [0.25]


def test_the_order_of_the_choices_is_nothing_to_it() -> None:
    some = choices(TASTE, people=8)
    assert learn(some) == learn(some[::-1])


def test_who_never_was_there_left_nothing_behind() -> None:
    everyone = choices(TASTE, people=10)
    assert learn([one for one in everyone if one.person != f"{4:016x}"]) == learn(
        [one for one in everyone[::-1] if one.person != f"{4:016x}"]
    )
    assert learn(everyone) != learn([one for one in everyone if one.person != f"{4:016x}"])


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
    assert read(tmp_path / FILE) == head
    (tmp_path / "broken.json").write_text('{"weight')
    with pytest.raises(ValueError, match="no reward head"):
        read(tmp_path / "broken.json")
    assert eye.reward(picture, tmp_path / FILE) == pytest.approx(float(features @ np.array(head.weights)), abs=1e-4)
    (tmp_path / "other.json").write_text('{"weights": [1, 2]}')
    with pytest.raises(ValueError, match="learn it again"):
        eye.reward(picture, tmp_path / "other.json")
