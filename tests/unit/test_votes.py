"""The sequential test: rarely wrong however often it is looked at, and right where there is something to see."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bowerbird.feed import votes
from bowerbird.feed.votes import poll, vote

RUNS, PEEKS, PEOPLE = 500, 80, 150


def town(chance: np.random.Generator, people: int, lean: float, taste: float, loyal: float) -> np.ndarray:
    """[peeks, people] votes as they stand at each look: people come one after another, come back (some of them very often), and each has a taste of
    their own for one ranker or the other, `taste` wide about `lean`. `loyal`: how much of what they do is done by the few."""
    pull = np.clip(0.5 + lean / 2 + taste * (chance.random(people) - 0.5), 0.02, 0.98)
    comes, busy = chance.random(people) * PEEKS * 0.8, chance.pareto(loyal, people) * 0.4
    does = chance.poisson(busy, (PEEKS, people)) * (np.arange(PEEKS)[:, None] >= comes)
    challenger = chance.binomial(does, pull).cumsum(axis=0)
    champion = does.cumsum(axis=0) - challenger
    return np.where(challenger + champion > 0, vote(champion, challenger), 0.0)  # type: ignore[arg-type]


def decided(chance: np.random.Generator, lean: float, taste: float, loyal: float = 1.2, people: int = PEOPLE) -> int:
    """1 where the challenger is promoted at some look, -1 where it is rejected, 0 where neither ever happens."""
    for look in town(chance, people, lean, taste, loyal):
        if look.sum() ** 2 < 2 * np.log(1 / votes.ALPHA) * (look**2).sum():
            continue  # its evidence is below exp(S² / 2 V) whatever else: spared, for speed
        found = poll(look[look != 0].tolist())
        if found.people and found.low > 0:
            return 1
        if found.people and found.high < 0:
            return -1
    return 0


def test_without_a_difference_it_rarely_decides_however_often_it_is_looked_at() -> None:
    for taste, loyal, people in ((0.0, 1.2, 150), (0.9, 1.2, 150), (0.5, 3.0, 40), (0.0, 0.8, 400)):
        chance = np.random.default_rng(11)
        outcomes = [decided(chance, 0.0, taste, loyal, people) for _ in range(RUNS)]
        wrong = np.mean([one != 0 for one in outcomes])
        assert wrong <= votes.ALPHA, (taste, loyal, people, wrong)
        assert np.mean([one > 0 for one in outcomes]) <= votes.ALPHA / 2 + 0.01


def test_looking_often_with_a_usual_test_would_be_wrong_far_more_often() -> None:
    """What this is for: the same towns by the interval of ± 1.96 standard errors."""
    chance, wrong = np.random.default_rng(11), 0
    for _ in range(100):
        for look in town(chance, PEOPLE, 0.0, 0.9, 1.2):
            cast = look[look != 0]
            if len(cast) > 10 and abs(cast.mean()) > 1.96 * cast.std(ddof=1) / np.sqrt(len(cast)):
                wrong += 1
                break
    assert wrong > 15


def test_a_difference_is_found_and_in_the_right_direction() -> None:
    chance = np.random.default_rng(12)
    better = [decided(chance, 0.3, 0.3) for _ in range(60)]
    worse = [decided(chance, -0.3, 0.3) for _ in range(60)]
    assert np.mean([one > 0 for one in better]) >= 0.9
    assert np.mean([one < 0 for one in worse]) >= 0.9
    assert -1 not in better
    assert 1 not in worse


def test_one_very_busy_person_decides_nothing() -> None:
    assert vote(0, 10_000) < 1
    found = poll([vote(0, 10_000), *[vote(2, 1)] * 20])
    assert found.low <= 0


def test_few_people_decide_nothing_even_when_all_agree() -> None:
    assert poll([]).low == -1
    assert poll([vote(0, 50)] * 5).low <= 0
    assert poll([vote(0, 50)] * 30).low > 0


@given(st.lists(st.floats(-1, 1, allow_nan=False), min_size=1, max_size=60))
@settings(max_examples=200, deadline=None)
def test_turned_round_it_says_the_opposite(cast: list[float]) -> None:
    one, other = poll(cast), poll([-v for v in cast])
    assert -1 <= one.low <= one.mean + 1e-3
    assert one.mean - 1e-3 <= one.high <= 1
    assert abs(one.low + other.high) < 1e-9
    assert abs(one.evidence - other.evidence) < 1e-9
