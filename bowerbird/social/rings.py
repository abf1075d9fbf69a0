"""How much the people who push one thing count together. Many accounts of one hand count about as much as one.

An account counts by its age and by whether people follow it who have nothing to do with the thing. Accounts that nobody outside
follows and that are new, and accounts that push the same things again and again, count as one cluster with a low ceiling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

OUTSIDE_ENOUGH = 3
NEW = timedelta(days=7)
SETTLED = timedelta(days=14)
CLUSTER_MAX = 1.5  # what a cluster counts at most, in people
UNRELATED_MIN = 3
TOGETHER_MIN, TOGETHER_SHARE = (
    3,
    0.5,
)  # things two accounts both pushed lately, and which part of all that the less busy one pushed


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of someone who acts: when they joined and (some of) who follows them."""

    joined_at: datetime
    followers: frozenset[int]


@dataclass(frozen=True, slots=True)
class Push:
    """Something people push: who, and when each of them did last."""

    name: str
    actors: Mapping[int, datetime]


def score(
    push: Push, known: Mapping[int, Account], done: Mapping[int, frozenset[str]], now: datetime, half_life: timedelta
) -> float:
    """What a push counts, decayed by the hour; 0 where fewer than UNRELATED_MIN unrelated people are in it.

    `done` is everything each account pushed lately."""
    new_since = _new_since(known, now)
    actors = {id_: at for id_, at in push.actors.items() if id_ in known}
    outside = {
        id_: sum(1 for f in known[id_].followers if f not in actors and (f not in known or known[f].joined_at < new_since)) for id_ in actors
    }  # fmt: skip
    total, unrelated = 0.0, 0
    for cluster in _clusters(actors, known, done, outside, new_since):
        weights = [
            _weight(now - known[id_].joined_at, outside[id_]) * 0.5 ** ((now - actors[id_]) / half_life) for id_ in cluster
        ]
        total += min(sum(weights), CLUSTER_MAX * max(weights)) if len(cluster) > 1 else weights[0]
        unrelated += 1
    return total if unrelated >= UNRELATED_MIN else 0.0


def _weight(age: timedelta, outside: int) -> float:
    """0.1 for an account of today that nobody follows, 1 for a settled one that others follow."""
    return (0.3 + 0.7 * min(1.0, age / SETTLED)) * (0.35 + 0.65 * min(1.0, outside / OUTSIDE_ENOUGH))


def _new_since(known: Mapping[int, Account], now: datetime) -> datetime:
    """Who joined later than this is new; in a house that is itself young, the younger half of its time."""
    oldest = min((account.joined_at for account in known.values()), default=now)
    return now - min(NEW, (now - oldest) / 2)


def _clusters(
    actors: Iterable[int],
    known: Mapping[int, Account],
    done: Mapping[int, frozenset[str]],
    outside: Mapping[int, int],
    new_since: datetime,
) -> list[list[int]]:
    """Actors in groups that belong together: newcomers whom nobody outside follows, and those who always act together."""
    ids = sorted(actors)
    above = {id_: id_ for id_ in ids}

    def root(id_: int) -> int:
        while above[id_] != id_:
            above[id_] = above[above[id_]]
            id_ = above[id_]
        return id_

    strangers = [id_ for id_ in ids if not outside[id_] and known[id_].joined_at >= new_since]
    for id_ in strangers[1:]:
        above[root(id_)] = root(strangers[0])
    busy = [id_ for id_ in ids if len(done.get(id_, ())) >= TOGETHER_MIN]
    for place, one in enumerate(busy):
        for other in busy[place + 1 :]:
            if root(one) != root(other) and _together(done[one], done[other]):
                above[root(other)] = root(one)
    groups: dict[int, list[int]] = {}
    for id_ in ids:
        groups.setdefault(root(id_), []).append(id_)
    return list(groups.values())


def _together(one: frozenset[str], other: frozenset[str]) -> bool:
    both = len(one & other)
    return both >= TOGETHER_MIN and both >= TOGETHER_SHARE * min(len(one), len(other))


def ranked(
    pushes: Sequence[Push],
    known: Mapping[int, Account],
    done: Mapping[int, frozenset[str]],
    now: datetime,
    half_life: timedelta,
    most: int,
) -> list[tuple[Push, float]]:
    """What counts most, the most first."""
    counted = [(push, score(push, known, done, now, half_life)) for push in pushes]
    return sorted(((push, s) for push, s in counted if s > 0), key=lambda one: (-one[1], one[0].name))[:most]
