"""Two rankers on one page, fairly: by the coin, each its own best, and nobody's where something was drawn."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
import pytest

from bowerbird.feed import asked, definitions, for_you, why
from bowerbird.feed.asked import Asked
from bowerbird.feed.contender import Contender, house
from bowerbird.feed.definitions import Draft
from bowerbird.feed.features import NAMES
from bowerbird.feed.heads import Heads
from bowerbird.feed.learner import Learner
from bowerbird.feed.pipeline import Placed
from bowerbird.feed.tally import Shown, tally
from bowerbird.feed.teams import TEAMS, Turns
from bowerbird.feed.values import values
from bowerbird.feed.votes import poll, vote
from tests.unit.planted import NOW_MS, THEMES, Town, act, shown_and_liked

READER = 7


@pytest.fixture(scope="module")
def learner() -> Learner:
    town = Town()
    shown_and_liked(town.learner, READER, town.of_theme(3, 8))
    return town.learner


def heads(**weights: float) -> Heads:
    """The heads before they learned anything, with some weights for a like as they are given."""
    made = Heads(values().prior())
    for name, weight in weights.items():
        made.weights[:6, NAMES.index(name)] = weight
    return made


def contender(name: str, foretells: Heads | None = None, **worth: float) -> Contender:
    definition = definitions.of(Draft(name, worth=worth))
    return Contender(name, definition.hash, definition.values, foretells)


def drafted(
    learner: Learner, rival: Contender | None, draft: int, *, champion: Contender | None = None, limit: int = 20, explore: bool = False
) -> tuple[list[Placed], Asked]:  # fmt: skip
    ask = asked.of(
        learner, learner.person(READER), NOW_MS, limit=limit, seed=1, explore=explore, champion=champion, rival=rival, draft=draft
    )
    return for_you.pipeline().run(ask)[0], ask


def test_whoever_is_first_is_tossed_for_each_pair_and_each_picks_as_often() -> None:
    firsts = Counter[str]()
    for seed in range(400):
        turns = Turns(seed)
        told = [turns.next() for _ in range(10)]
        assert all({one, other} == set(TEAMS) for one, other in zip(told[::2], told[1::2], strict=True))
        firsts.update(told[::2])
    assert abs(firsts["champion"] - 1000) < 100
    assert [Turns(5).next() for _ in range(3)] == [Turns(5).next() for _ in range(3)]


def test_the_same_page_drafted_again_is_the_same(learner: Learner) -> None:
    rival = contender("warm", remix=9.0)
    one, other, another = (drafted(learner, rival, draft)[0] for draft in (4, 4, 5))
    assert one == other
    assert [p.team for p in one] != [p.team for p in another]


def test_two_that_rank_alike_share_every_post_and_every_place(learner: Learner) -> None:
    """The page is the one without a comparison, and who gets the credit for a post that both would take is the toss of a coin."""
    alone = [one.row for one in drafted(learner, None, 0)[0]]
    credited = Counter[tuple[int, str]]()
    for draft in range(300):
        placed, _ = drafted(learner, contender("same"), draft)
        assert [one.row for one in placed] == alone
        credited.update((place, one.team) for place, one in enumerate(placed))
    for place in range(len(alone)):
        assert abs(credited[place, "champion"] - 150) < 45, place


def test_each_takes_its_own_best_that_is_left(learner: Learner) -> None:
    """Without limits between posts, what a team takes is the best by its own values of all that was not taken before."""
    plain = msgspec.structs.replace(values().limits, author_again=0.0, diversity=0.0, interest_share=1.0, single_act_share=1.0)
    bare = msgspec.structs.replace(values(), limits=plain)
    champion = Contender("champion", "c", bare)
    rival = Contender("challenger", "d", bare, heads(fresh_1d=-3.0, near_liked=-3.0, near_interest=-3.0, topics_liked=-3.0))
    for draft in range(20):
        placed, ask = drafted(learner, rival, draft, champion=champion)
        rows = list(ask.features)
        x = np.stack([ask.features[row] for row in rows])
        for_team = {team: dict(zip(rows, ask.foretells(team).chances(x) @ ask.worth(team), strict=True)) for team in TEAMS}
        left = set(rows)
        for one in placed:
            assert for_team[one.team][one.row] >= max(for_team[one.team][row] for row in left) - 1e-9
            left.discard(one.row)
        assert abs(sum(one.team == "champion" for one in placed) - len(placed) / 2) <= 1


def test_a_challenger_may_show_what_the_champion_thinks_nothing_of(learner: Learner) -> None:
    """Beyond the champion's 150 best, too."""
    upside_down = heads(near_liked=-5.0, near_interest=-5.0, topics_liked=-5.0, author_liked=-5.0)
    alone, ask = drafted(learner, None, 1, limit=100)
    batch = for_you.pipeline().run(ask)[1]
    best = set(batch.rows[np.argsort(-batch.values, kind="stable")[:150]].tolist())
    if len(batch.rows) <= 150:
        pytest.skip("the town is too small for that")
    placed, _ = drafted(learner, contender("other", upside_down), 1)
    assert any(one.team == "challenger" and one.row not in best for one in placed)
    assert alone


def test_places_for_exploring_are_nobodys_and_use_up_no_turn(learner: Learner) -> None:
    drawn = 0
    for draft in range(40):
        placed, _ = drafted(learner, contender("warm", remix=9.0), draft, explore=True)
        for one in placed:
            assert (one.team == "") is (one.propensity < 1)
        picked = [one.team for one in placed if one.team]
        pairs = zip(picked[::2], picked[1::2], strict=False)
        assert all({one, other} == set(TEAMS) for one, other in pairs)
        drawn += len(placed) - len(picked)
    assert drawn > 0


def test_what_either_team_says_of_a_post_adds_up(learner: Learner) -> None:
    placed, ask = drafted(learner, contender("warm", heads(near_liked=3.0), like=5.0), 2)
    assert {one.team for one in placed} == set(TEAMS)
    for one in placed:
        told = why.explain(ask, one)
        assert abs(sum(term.value for term in told.terms) - told.score) < 1e-6
        assert abs(told.score - one.value) < 1e-6


def votes_of(learner: Learner, champion: Contender | None, rival: Contender, people: int, theme: int = 3) -> list[float]:
    """What readers who like one theme, and little else, say of both: pages through the real layout, acts through the real count."""
    chance, cast = np.random.default_rng(9), list[float]()
    for number in range(people):
        pages, acts = list[Shown](), []
        for turn in range(3):
            placed, _ = drafted(learner, rival, number * 10 + turn, champion=champion, explore=True)
            posts = [int(learner.catalogue.ids[one.row]) for one in placed]
            slate = act("served", number, at_ms=NOW_MS + turn * 1000, served=tuple(posts))
            acts.append(slate._replace(slate_id=slate.id))
            pages.append(Shown(slate.id, posts, [one.team for one in placed]))
            for place, post in enumerate(posts):
                if chance.random() < (0.6 if (post - 1000) % THEMES == theme else 0.03) * 0.95**place:
                    acts.append(act("like", number, post, NOW_MS + turn * 1000 + 1))
        cast.append(vote(*tally(pages, acts, {}).wins))
    return cast


def test_a_planted_better_ranker_wins_and_its_double_does_not(learner: Learner) -> None:
    blind = contender("blind", heads(near_liked=0.0, near_interest=0.0, topics_liked=0.0, author_liked=0.0, co_liked=0.0))
    assert poll(votes_of(learner, blind, house(), 120)).low > 0
    assert poll(votes_of(learner, house(), blind, 120)).high < 0
    same = poll(votes_of(learner, None, contender("double"), 40))
    assert same.low < 0 < same.high
    assert abs(same.mean) < 0.2
