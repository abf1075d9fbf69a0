"""What is put down to which team, and the guard rails over it."""

from __future__ import annotations

from bowerbird.feed import figures, guards
from bowerbird.feed.acts import Act
from bowerbird.feed.guards import Guard
from bowerbird.feed.tally import About, Shown, Tally, tally

MINUTE_MS = 60_000
PAGE = Shown(100, (1, 2, 3, 4), ("champion", "challenger", "", "challenger"))
KNOWN = {
    1: About(51, frozenset({"fox"})),
    2: About(52, frozenset({"cat"})),
    3: About(53),
    4: About(52, frozenset({"cat", "snow"})),
}


def served(page: Shown, at_ms: int = 0) -> Act:
    return Act(page.slate_id, "served", 9, at_ms, served=tuple(page.posts), slate_id=page.slate_id)


def did(kind: str, post: int = 0, number: int = 200, **more: object) -> Act:
    return Act(number, kind, 9, number * MINUTE_MS, post, **more)  # type: ignore[arg-type]


def test_a_post_wins_once_whatever_good_is_done_with_it() -> None:
    acts = [
        served(PAGE),
        did("like", 2),
        did("share", 2, 201),
        did("reply", 2, 202),
        did("dwell", 1, 203, seconds=60.0),
        did("open", 1, 204),
    ]
    assert tally([PAGE], acts, KNOWN).wins == (0, 1)


def test_what_was_drawn_or_not_shown_or_shown_long_ago_wins_for_nobody() -> None:
    late = 8 * 24 * 60
    acts = [served(PAGE), did("like", 3), did("like", 77, 201), did("like", 1, late)]
    assert tally([PAGE], acts, KNOWN).wins == (0, 0)


def test_what_is_taken_back_never_was() -> None:
    acts = [served(PAGE), did("like", 1), did("hide", 4, 201), did("like", 1, 202, undone=True), did("hide", 4, 203, undone=True)]
    told = tally([PAGE], acts, KNOWN)
    assert (told.wins, told.hides) == ((0, 0), (0, 0))


def test_a_follow_goes_to_who_showed_that_author_last() -> None:
    assert tally([PAGE], [served(PAGE), did("follow", author_id=51)], KNOWN).wins == (1, 0)
    assert tally([PAGE], [served(PAGE), did("follow", author_id=52)], KNOWN).wins == (0, 1)
    assert tally([PAGE], [served(PAGE), did("follow", author_id=99)], KNOWN).wins == (0, 0)


def test_a_post_shown_again_counts_for_whoever_showed_it_last_and_as_a_repeat() -> None:
    again = Shown(101, (2, 5), ("champion", "challenger"))
    acts = [served(PAGE), did("like", 4, 1), served(again, 2 * MINUTE_MS), did("like", 2, 3), did("hide", 5, 4)]
    told = tally([PAGE, again], acts, KNOWN)
    assert told == tally([again, PAGE], acts, KNOWN)
    assert (told.wins, told.hides, told.repeats, told.shown) == ((1, 1), (0, 1), (1, 0), (2, 3))


def test_authors_and_topics_of_each_team() -> None:
    told = tally([PAGE], [served(PAGE)], KNOWN)
    assert told.author == (1.0, 1.0)
    assert told.spread[0] == 0
    assert 0 < told.spread[1] < 1


def test_pages_of_another_comparison_are_not_counted() -> None:
    other = Shown(500, (8,), ("challenger",))
    assert tally([PAGE], [served(PAGE), served(other, 1), did("like", 8)], KNOWN).wins == (0, 0)


def broken(tallies: list[Tally], **more: list[float]) -> set[str]:
    return {one.name for one in guards.read(tallies, **more) if one.breached}


def test_hides_and_reports_stop_a_challenger_and_not_for_one_loud_person() -> None:
    fine = [Tally(shown=(20, 20), wins=(1, 2), hides=(1, 1))] * 40
    assert broken(fine) == set()
    assert broken([*fine, Tally(shown=(20, 20), hides=(0, 300), reports=(0, 300))]) == set()
    assert broken([*fine, *[Tally(shown=(20, 20), wins=(0, 9), hides=(0, 3))] * 25]) == {"hides"}
    assert broken([*fine, *[Tally(shown=(20, 20), wins=(0, 9), reports=(0, 1))] * 15]) == {"reports"}


def test_the_champion_can_be_the_one_who_does_worse() -> None:
    rails = {one.name: one for one in guards.read([Tally(shown=(20, 20), hides=(3, 0))] * 25)}
    assert rails["hides"].reversed
    assert not rails["hides"].breached


def test_one_author_few_topics_and_the_same_again_stop_it_too() -> None:
    assert broken([Tally(shown=(20, 20), author=(0.2, 0.5))] * 30) == {"authors"}
    assert broken([Tally(shown=(20, 20), spread=(0.9, 0.5))] * 30) == {"topics"}
    assert broken([Tally(shown=(20, 20), repeats=(1, 8))] * 30) == {"repeats"}
    assert broken([Tally(shown=(20, 20), author=(0.2, 0.22), spread=(0.9, 0.88), repeats=(2, 2))] * 30) == set()
    assert broken([Tally(shown=(4, 4), author=(0.2, 1.0), spread=(0.9, 0.0), repeats=(0, 4))] * 30) == set()


def test_slow_pages_stop_it_unless_they_were_slow_before() -> None:
    slow: list[float] = [600.0] * 100
    assert broken([], spent_ms=slow) == {"latency"}
    assert broken([], spent_ms=slow, before_ms=[550.0] * 100) == set()
    assert broken([], spent_ms=[600.0] * 20) == set()
    assert broken([], spent_ms=[20.0] * 98 + [900.0] * 2) == set()


def test_figures_count_each_person_once() -> None:
    told = figures.read([Tally(shown=(5, 5), wins=(0, 1))] * 3 + [Tally(shown=(5, 5), wins=(90, 0)), Tally(shown=(5, 5))])
    assert (told.people, told.poll.people, told.wins, told.shown) == (5, 4, (90, 3), (25, 25))
    assert not told.won
    assert all(isinstance(one, Guard) for one in told.guards)
