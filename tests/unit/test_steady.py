"""One thing done to one post moves at most a tenth of the next page, whatever was done before it."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from bowerbird.feed import asked, for_you, why
from bowerbird.feed.acts import Kind
from bowerbird.feed.asked import Asked
from bowerbird.feed.contender import house
from bowerbird.feed.learner import Learner
from bowerbird.feed.pipeline import Batch, Placed
from bowerbird.feed.readers import Ties
from bowerbird.feed.values import values
from tests.unit.planted import HOUR_MS, NOW_MS, THEMES, Town, act, ids, served, shown_and_liked
from tests.unit.test_teams import contender, heads

READER, PAGE = 7, 20
MOST = math.ceil(PAGE * values().limits.single_act_share)


def laid_out(
    learner: Learner, *, draft: int = 0, rival: bool = False, hidden: tuple[int, ...] = ()
) -> tuple[list[Placed], Batch, Asked]:
    other = contender("other", heads(fresh_1d=2.0, near_liked=-1.0)) if rival else None
    ask = asked.of(
        learner,
        learner.person(READER),
        NOW_MS,
        limit=PAGE,
        seed=5,
        ties=Ties(hidden=hidden),
        champion=house(),
        rival=other,
        draft=draft,
    )
    placed, batch = for_you.pipeline().run(ask)
    return placed, batch, ask


def town(seed: int, likes: int, looks: int) -> Town:
    """Twelve people of three themes each who like what they are shown, and a reader with some history, to whom a page was shown last."""
    made, chance = Town(240), np.random.default_rng(seed)
    for person in range(20, 32):
        fond = chance.choice(THEMES, 3, replace=False)
        posts = [1000 + n for n in range(240) if n % THEMES in fond]
        shown_and_liked(made.learner, person, [int(one) for one in chance.choice(posts, 10, replace=False)])
    mine = [1000 + int(n) for n in chance.choice(240, likes + looks, replace=False)]
    made.learner.take(served(READER, [*mine, 1000], NOW_MS - 90 * 60_000))
    for number, post in enumerate(mine):
        kind: Kind = "like" if number < likes else "dwell"
        made.learner.take(act(kind, READER, post, NOW_MS - 80 * 60_000 + number, seconds=float(chance.uniform(0.5, 9.0))))
    page = ids(made.learner, laid_out(made.learner)[0])
    made.learner.take(served(READER, [*page[:4], *(1000 + int(n) for n in chance.choice(240, 6))], NOW_MS - 70 * 60_000))
    return made


towns = some.builds(town, some.integers(0, 10_000), some.integers(0, 14), some.integers(2, 6))
DONE = some.sampled_from(("like", "keep", "share", "dwell", "hide", "reply"))


@settings(max_examples=40, deadline=None)
@given(towns, DONE, some.integers(0, 239), some.booleans(), some.booleans())
def test_one_act_moves_at_most_a_tenth_of_the_next_page(made: Town, kind: Kind, which: int, near: bool, rival: bool) -> None:
    learner = made.learner
    before = laid_out(learner, rival=rival)[0]
    post = ids(learner, before)[which % len(before)] if near else 1000 + which
    learner.take(act(kind, READER, post, NOW_MS - HOUR_MS, seconds=12.0))
    after, batch, _ = laid_out(learner, rival=rival, hidden=(post,) if kind == "hide" else ())
    gone = {row for rows in batch.stopped.values() for row in rows.tolist()} & {one.row for one in before}
    new = {one.row for one in after} - {one.row for one in before}
    assert len(after) == len(before)
    assert len(new) <= MOST + len(gone)
    assert len(gone) <= 1 or kind == "hide"


@settings(max_examples=25, deadline=None)
@given(towns, some.lists(some.tuples(DONE, some.integers(0, 239)), min_size=1, max_size=12))
def test_several_move_at_most_as_many_tenths(made: Town, doings: list[tuple[Kind, int]]) -> None:
    learner = made.learner
    before = {one.row for one in laid_out(learner)[0]}
    for kind, which in doings:
        learner.take(act(kind, READER, 1000 + which, NOW_MS - HOUR_MS, seconds=12.0))
    after, batch, _ = laid_out(learner)
    gone = {row for rows in batch.stopped.values() for row in rows.tolist()} & before
    assert len({one.row for one in after} - before) <= MOST * len({which for _, which in doings}) + len(gone)


@settings(max_examples=15, deadline=None)
@given(towns, some.integers(0, 239), some.booleans())
def test_a_steady_page_is_the_same_again_and_adds_up(made: Town, which: int, rival: bool) -> None:
    learner = made.learner
    learner.take(act("like", READER, 1000 + which))
    was = learner.digests
    placed, _, ask = laid_out(learner, rival=rival, draft=which)
    assert placed == laid_out(learner, rival=rival, draft=which)[0]
    assert learner.digests == was
    for one in placed:
        told = why.explain(ask, one)
        assert abs(told.score - one.value) < 1e-6
        assert abs(sum(term.value for term in told.terms) - told.score) < 1e-6
        assert (one.team == "") is (not rival or one.propensity < 1)
