"""What people went on to, and what was well received however old it is: two sources that need no reading of pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bowerbird.feed import sequels
from bowerbird.feed.catalogue import Item
from bowerbird.feed.counts import HALVINGS_MAX, PRIOR, SCALE
from bowerbird.feed.learner import Learner
from bowerbird.feed.neighbours import CoLiked
from tests.unit.planted import HOUR_MS, NOW_MS, Town, act, ids, page, served, shown_and_liked

DAY_MS = 24 * HOUR_MS


def onward(town: Town, person_id: int) -> dict[int, float]:
    found: CoLiked = sequels.of(town.learner.person(person_id), town.learner.neighbours, town.learner.catalogue)
    return dict(zip((found.rows + 1000).tolist(), found.strength.tolist(), strict=True))


def test_what_comes_next_is_what_others_went_on_to() -> None:
    town = Town()
    for person in (20, 21, 22):
        shown_and_liked(town.learner, person, [1001, 1012, 1023, 1034, 1045])
    shown_and_liked(town.learner, 7, [1023])
    said = onward(town, 7)
    assert sorted(said, key=lambda post: -said[post]) == [
        1034,
        1045,
        1012,
        1001,
    ]  # after it more than before it, near more than far
    assert 1023 not in said
    shown_and_liked(town.learner, 8, [1045, 1023])  # the same by somebody who comes from elsewhere
    assert onward(town, 8)[1034] > 0
    assert onward(town, 9) == {}


def test_the_latest_liking_says_most() -> None:
    town = Town()
    for person in range(20, 26):
        shown_and_liked(town.learner, person, [1001, 1012])
        shown_and_liked(town.learner, person + 10, [1100, 1111])
    shown_and_liked(town.learner, 7, [1001, 1100], NOW_MS - HOUR_MS)
    assert onward(town, 7)[1111] > onward(town, 7)[1012] > 0


@settings(max_examples=40, deadline=None)
@given(some.lists(some.tuples(some.integers(20, 23), some.integers(0, 30)), max_size=40))
def test_of_who_withdraws_nothing_is_left(likings: list[tuple[int, int]]) -> None:
    town, without = Town(40), Town(40)
    for number, (person, post) in enumerate([*likings, (7, 3), (7, 5)]):
        for one in (town, without):
            if one is town or person != 21:
                shown_and_liked(one.learner, person, [1000 + post], NOW_MS - 5 * HOUR_MS + number * 60_000)
    town.learner.forget(21)
    assert onward(town, 7) == onward(without, 7)


def test_likings_that_somebodys_list_forgot_can_still_be_taken_back() -> None:
    town = Town(400)
    everything = [1000 + number for number in range(250)]
    for start in range(0, 250, 50):
        shown_and_liked(town.learner, 20, everything[start : start + 50], NOW_MS - 9 * HOUR_MS + start * 1000)
    town.learner.forget(20)
    assert not any(town.learner.neighbours.likers.values())


def test_a_ring_is_heard_no_louder_here() -> None:
    town = Town()
    ring = [1000 + 40 * number for number in range(6)]  # all by one author
    for puppet in range(500, 505):
        shown_and_liked(town.learner, puppet, ring)
    for person in range(600, 605):
        shown_and_liked(town.learner, person, [1000, 1001, 1012, 1023, 1034, 1045])
    shown_and_liked(town.learner, 7, [1000])
    said = onward(town, 7)
    assert said[1001] > 2 * said[1040]


def old_and_liked(town: Town, fans: int = 40, age_days: int = 200) -> int:
    """A post of last winter that most took to who were shown it, lately too."""
    post = Item(9_000, 77, NOW_MS - age_days * DAY_MS)
    town.learner.add(post)
    for person in range(100, 100 + fans):
        town.learner.take(served(person, [post.id], NOW_MS - 20 * DAY_MS))
        town.learner.take(act("like", person, post.id, NOW_MS - 20 * DAY_MS + 60_000))
    return post.id


def test_what_was_well_received_comes_to_newcomers_however_old_it_is() -> None:
    town = Town()
    post = old_and_liked(town)
    town.learner.catalogue.public[:] = 0
    placed, _, _ = page(town.learner, None)
    assert post in ids(town.learner, placed)
    assert next(one for one in placed if town.learner.catalogue.ids[one.row] == post).source == "well_received"
    row = np.array([town.learner.catalogue.row_of[post]], np.int32)
    hours, days, month = town.learner.counts.lifts(row, NOW_MS)[0, :, 0].tolist()
    assert month > 1.0 > 0.2 > days >= hours
    town.learner.catalogue.remove(post)
    assert post not in ids(town.learner, page(town.learner, None)[0])


def test_what_happens_between_two_sweeps_is_not_missed() -> None:
    town = Town()
    before = town.learner.received.rows(NOW_MS)
    assert not len(before)
    for person in range(100, 110):
        town.learner.take(served(person, [1007], NOW_MS + 1_000))
        town.learner.take(act("like", person, 1007, NOW_MS + 2_000))
    assert town.learner.received.rows(NOW_MS + 500).tolist() == []  # as it was read a moment ago
    assert town.learner.received.rows(NOW_MS + 5_000).tolist() == [7]


def test_few_shows_prove_little() -> None:
    town = Town()
    for person in range(100, 140):
        posts = [1001, 1002] if person == 100 else [1001]
        town.learner.take(served(person, posts))
        town.learner.take(act("like", person, posts[-1]))  # of forty shows thirty-nine likes; of one show one
    assert town.learner.received.rows(NOW_MS).tolist() == [1, 2]


@settings(max_examples=60, deadline=None)
@given(some.lists(some.tuples(some.integers(0, 4_000), some.sampled_from(["like", "hide", "remix"])), max_size=20))
def test_counts_are_taken_away_exactly_at_any_age(acts: list[tuple[int, str]]) -> None:
    learner = Learner()
    row = learner.add(Item(5, 6, NOW_MS - 4_000 * DAY_MS))
    for days, kind in acts:
        learner.counts.add(row, kind, NOW_MS - 4_000 * DAY_MS + days * DAY_MS, 16)  # type: ignore[arg-type]
    assert (learner.counts.posts[row] >= 0).all()
    assert learner.counts.posts[row].max() <= len(acts) * SCALE * 16 * 2**HALVINGS_MAX
    for days, kind in acts[::-1]:
        learner.counts.add(row, kind, NOW_MS - 4_000 * DAY_MS + days * DAY_MS, 16, -1)  # type: ignore[arg-type]
    assert not learner.counts.posts.any()


def test_a_rate_is_taken_at_its_word_by_a_weight_of_one() -> None:
    town = Town(10)
    learner = town.learner
    rows = np.array([3], np.int32)
    for person in range(200):
        learner.counts.show(rows, NOW_MS, 16)
        if person % 2:
            learner.counts.add(3, "like", NOW_MS, 16)
    rate = learner.counts.rates(rows, NOW_MS)[0, 0, 0]
    odds = np.log(PRIOR["like"] / (1 - PRIOR["like"])) + learner.counts.lifts(rows, NOW_MS)[0, 0, 0]
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(rate)
    assert rate > 0.4
