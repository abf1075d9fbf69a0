"""What one person did with the posts of either team: read from their pages and their acts alone, so that told again it is the same.

A post wins for the team that put it on the page where it was seen last, once, whatever good was done with it: like, remix, reply, follow, share,
keep. Plain acts, not weighed by what they are worth: what things are worth is what rankers differ in, and to weigh by either's would give it the
match at home. A look is no choice and counts for neither; hides and reports are no losses but guard rails of their own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from bowerbird.feed.acts import SERVED_ACT_MS_MAX, Act, Kind
from bowerbird.feed.teams import TEAMS

GOOD: tuple[Kind, ...] = ("like", "remix", "reply", "follow", "share", "keep")
COUNTED: tuple[Kind, ...] = (*GOOD, "hide", "report")
Pair = tuple[float, float]  # (champion, challenger)
NOTHING: Pair = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of a comparison, and which team put each post there ("" for none)."""

    slate_id: int
    posts: Sequence[int]
    teams: Sequence[str]


@dataclass(frozen=True, slots=True)
class About:
    """What has to be known of a post."""

    author_id: int
    topics: frozenset[str] = frozenset()


class Tally(msgspec.Struct, frozen=True):
    """How often each team's posts were shown, won, were hidden, reported and shown before; the share of its most shown author, and how far its topics
    are spread (0: all the same, 1: evenly over everything this person was shown)."""

    shown: Pair = NOTHING
    wins: Pair = NOTHING
    hides: Pair = NOTHING
    reports: Pair = NOTHING
    repeats: Pair = NOTHING
    author: Pair = NOTHING
    spread: Pair = NOTHING


def tally(pages: Iterable[Shown], acts: Sequence[Act], known: Mapping[int, About]) -> Tally:
    """Of one person: their pages of one comparison, and everything they did since it began, in order."""
    by_slate = {page.slate_id: page for page in pages}
    last: dict[int, tuple[int, str, int]] = {}  # post: (slate, team, when) that showed it last
    standing: dict[tuple[Kind, int], tuple[int, int, str]] = {}  # (what, to what): (slate, post, team) it is put down to
    placed: list[tuple[int, str]] = []
    repeats: Counter[str] = Counter()
    for act in acts:
        if act.kind == "served":
            page = by_slate.get(act.slate_id)
            if page is None:
                continue
            for post, team in zip(page.posts, page.teams, strict=True):
                repeats[team] += post in last
                placed.append((post, team))
            last.update({post: (page.slate_id, team, act.at_ms) for post, team in zip(page.posts, page.teams, strict=True)})
        elif act.kind in COUNTED:
            what = act.kind, act.post_id or act.author_id
            if act.undone:
                standing.pop(what, None)
            elif what not in standing and (found := _where(act, last, known)):
                standing[what] = found
    won = {place for (kind, _), place in standing.items() if kind in GOOD}
    return Tally(
        shown=_pair(Counter(team for _, team in placed)),
        wins=_pair(Counter(team for _, _, team in won)),
        hides=_pair(Counter(team for (kind, _), (_, _, team) in standing.items() if kind == "hide")),
        reports=_pair(Counter(team for (kind, _), (_, _, team) in standing.items() if kind == "report")),
        repeats=_pair(repeats),
        author=_both(lambda team: _largest(known[post].author_id for post, by in placed if by == team and post in known)),
        spread=_spread(placed, known),
    )


def _where(act: Act, last: Mapping[int, tuple[int, str, int]], known: Mapping[int, About]) -> tuple[int, int, str] | None:
    """Which page's post an act is put down to; of a follow, the post of theirs that was shown last. None for what was not shown, or too long ago."""
    post = act.post_id
    if not post:
        theirs = [(seen, one) for one, seen in last.items() if one in known and known[one].author_id == act.author_id]
        post = max(theirs, default=((0, "", 0), 0))[1]
    seen = last.get(post)
    return (seen[0], post, seen[1]) if seen and 0 <= act.at_ms - seen[2] <= SERVED_ACT_MS_MAX else None


def _pair(counted: Mapping[str, int]) -> Pair:
    return float(counted.get(TEAMS[0], 0)), float(counted.get(TEAMS[1], 0))


def _both(of: Callable[[str], float]) -> Pair:
    return of(TEAMS[0]), of(TEAMS[1])


def _largest(authors: Iterable[int]) -> float:
    counted = Counter(authors)
    return max(counted.values()) / counted.total() if counted else 0.0


def _spread(placed: Sequence[tuple[int, str]], known: Mapping[int, About]) -> Pair:
    """The entropy of each team's topics over the most that there could be."""
    weights: dict[str, Counter[str]] = {team: Counter() for team in TEAMS}
    for post, team in placed:
        topics = known[post].topics if team and post in known else frozenset[str]()
        for topic in topics:
            weights[team][topic] += 1
    most = len(weights[TEAMS[0]].keys() | weights[TEAMS[1]].keys())
    return _both(lambda team: _entropy(weights[team]) / math.log(most) if most > 1 else 0.0)


def _entropy(counted: Counter[str]) -> float:
    whole = counted.total()
    return -sum(times / whole * math.log(times / whole) for times in counted.values()) if whole else 0.0
