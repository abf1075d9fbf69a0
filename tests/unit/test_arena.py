"""What votes in the arena come to: strengths that were planted are found, intervals hold what they say, chance ranks nobody; who meets, and who
gives themselves away."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from bowerbird.learning.arena import contestants, pairing, speaking, standings, strengths
from bowerbird.learning.arena.contestants import Contestant
from bowerbird.learning.arena.strengths import AVERAGE, PEOPLE_MIN, POINTS, VOTES_MAX, Vote
from bowerbird.web import ladder

TIES = -0.7
TOWNS = 80


def town(rng: np.random.Generator, strength: list[float], people: int, each: int, taste: float = 0.4) -> list[Vote]:
    """People who each like some a little more than others do, and bring 1 to 2 × `each` prompts."""
    true, votes = np.array(strength), list[Vote]()
    for person in range(people):
        own = true + rng.normal(0, taste, len(true))
        for _ in range(rng.integers(1, 2 * each)):
            one, other = rng.choice(len(true), 2, replace=False)
            odds = np.exp([(own[one] - own[other]) / 2, TIES, (own[other] - own[one]) / 2])
            votes.append(Vote(person, int(one), int(other), [1.0, 0.5, 0.0][rng.choice(3, p=odds / odds.sum())]))
    return votes


def test_planted_strengths_are_found_in_their_order() -> None:
    true = [0.9, 0.3, -0.3, -0.9]
    found = strengths.estimate(town(np.random.default_rng(4), true, people=120, each=12))
    assert sorted(found, key=lambda one: -found[one].score) == [0, 1, 2, 3]
    assert all(one.low < AVERAGE + POINTS * true[name] < one.high for name, one in found.items())
    assert [found[name].rank for name in range(4)] == [1, 2, 3, 4]
    assert sum(one.score for one in found.values()) == pytest.approx(4 * AVERAGE, abs=0.01)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng, held = np.random.default_rng(11), list[bool]()
    for seed in range(TOWNS):
        true = rng.normal(0, 0.5, 4)
        true -= true.mean()
        found = strengths.estimate(town(rng, list(true), people=24, each=7), seed=seed)
        held += [one.low <= AVERAGE + POINTS * true[name] <= one.high for name, one in found.items()]
    assert 0.90 <= np.mean(held) <= 0.985


def test_chance_ranks_nobody_apart() -> None:
    rng = np.random.default_rng(12)
    apart = sum(
        max(one.rank for one in strengths.estimate(town(rng, [0.0] * 4, people=24, each=7), seed=seed).values()) > 1
        for seed in range(TOWNS)
    )
    assert apart <= TOWNS // 8


def test_votes_thrown_by_a_coin_overlap() -> None:
    dice = random.Random(3)
    votes = [Vote(person, 0, 1, dice.choice([0.0, 1.0])) for person in range(30) for _ in range(10)]
    found = strengths.estimate(votes)
    assert found[0].low < found[1].high
    assert found[1].low < found[0].high
    assert {one.rank for one in found.values()} == {1}


def test_nobody_carries_it_alone() -> None:
    rng = np.random.default_rng(2)
    quiet = town(rng, [0.0, 0.0], people=20, each=4)
    loud = [*quiet, *(Vote(99, 0, 1, 1.0) for _ in range(5_000))]
    as_many = [*quiet, *(Vote(99, 0, 1, 1.0) for _ in range(VOTES_MAX))]
    assert strengths.estimate(loud)[0].score == pytest.approx(strengths.estimate(as_many)[0].score, abs=1e-6)
    assert strengths.estimate(loud)[0].rank == strengths.estimate(loud)[1].rank == 1


def test_few_people_say_nothing_and_who_never_lost_is_not_infinite() -> None:
    assert strengths.estimate([Vote(person, 0, 1, 1.0) for person in range(PEOPLE_MIN - 1) for _ in range(50)]) == {}
    found = strengths.estimate([Vote(person, 0, 1, 1.0) for person in range(40)])
    assert 100 < found[0].score - found[1].score < 2_000
    assert found[0].rank < found[1].rank


def test_the_side_does_not_matter() -> None:
    votes = town(np.random.default_rng(7), [0.5, 0.0, -0.5], people=20, each=5)
    turned = [Vote(one.person, one.second, one.first, 1 - one.score) for one in votes]
    assert strengths.estimate(votes) == strengths.estimate(turned)


def test_the_table_adds_up() -> None:
    told = standings.worked_out([(1, 10, 20, "a"), (2, 20, 10, "a"), (3, 10, 20, "tie"), (4, 10, 20, "both_bad")])
    assert [(one.contestant_id, one.played, one.won, one.lost, one.tied, one.score) for one in told.lines] == [
        (10, 4, 1, 1, 2, None), (20, 4, 1, 1, 2, None),
    ]  # fmt: skip
    assert (told.votes, told.people, told.both_bad) == (4, 4, 1)


def somebody(id_: int) -> Contestant:
    return Contestant(id_, "answer", f"key {id_}", f"model {id_}", "", "", None)


def test_all_meet_alike_and_stand_on_either_side() -> None:
    present, met, left = [somebody(id_) for id_ in (1, 2, 3, 4)], Counter[pairing.Pair](), Counter[int]()
    for number in range(600):
        one, other = pairing.drawn(present, met, random.Random(number))
        met[min(one.id, other.id), max(one.id, other.id)] += 1
        left[one.id] += 1
    assert set(met.values()) == {100}
    assert all(110 < times < 190 for times in left.values())


def test_a_new_one_catches_up() -> None:
    met = Counter({(1, 2): 50})
    drawn = [pairing.drawn([somebody(1), somebody(2), somebody(3)], met, random.Random(number)) for number in range(20)]
    assert all(3 in (one.id, other.id) for one, other in drawn)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("I am SmolLM, at your service.", True), ("As a model trained by OpenAI, I cannot say.", True), ("Ich bin Claude.", True),
        ("As GPT-4 I cannot know.", True), ("The new one is for you.", False),
        ("Llamas live in the Andes; a llama can carry thirty kilos.", False), ("A print from a cut block of lino.", False),
        ("Water it twice a week, base and all.", False), ("I like herons.", False),
    ],
)  # fmt: skip
def test_who_says_who_they_are_was_not_blind(text: str, named: bool) -> None:
    assert speaking.names_itself(text, ("smollm2-135m-instruct", "big-9", "the-new-9"), "Who are you?") is named


def test_what_the_question_names_gives_nothing_away() -> None:
    assert not speaking.names_itself("I think OpenAI was founded in 2015.", ("big-9",), "When was OpenAI founded?")


def test_what_paints_is_asked_by_its_tier() -> None:
    assert [contestants.tier(key) for key in ("illustrator", "paint 9f2c", "endpoint")] == ["illustrator", "paint", "endpoint"]


def test_every_interval_is_on_the_scale() -> None:
    lines = [
        standings.Standing(somebody(1), standings.Line(contestant_id=1, score=1083, low=1010, high=1156, rank=1), False),
        standings.Standing(somebody(2), standings.Line(contestant_id=2, score=917, low=840, high=994, rank=2), False),
        standings.Standing(somebody(3), standings.Line(contestant_id=3), False),
    ]
    drawn = ladder.of(lines)
    assert [rung.at is None for rung in drawn.rungs] == [False, False, True]
    assert all(rung.left >= 0 and rung.left + rung.width <= 100 for rung in drawn.rungs)
    assert (0.0, 800) in drawn.ticks
    assert {score: place for place, score in drawn.ticks}[1000] == 50.0
    assert ladder.of([]).rungs == []
