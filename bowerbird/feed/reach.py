"""How far posts came: where they were shown, and what kept them from being shown. Counted for authors; nothing ranks by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, json
from bowerbird.core.errors import NotAllowed
from bowerbird.social import posts

STOPPED = {
    "not_recommended": "shown to those who follow you only: you chose not to be recommended to strangers",
    "seen": "they had seen it already",
    "avoided": "you or they had blocked or muted the other",
    "turned_from": "they had said no to something nearly the same",
    "never": "they never want to see what it is about",
    "language": "they asked for other languages",
    "sensitive": "it stands behind a warning, and they keep these out of this feed",
    "dial": "they want only handmade, or only generated pictures",
    "too_old": "it is older than a month",
    "gone": "it was not there any more",
}


@dataclass(frozen=True, slots=True)
class Reach:
    """Of one post. `stopped` counts how often it was a candidate and something kept it away, by the filters' names."""

    post_id: int
    shown: int
    sources: dict[str, int]
    stopped: dict[str, int]

    @property
    def told(self) -> list[tuple[str, int]]:
        """(why, how often), the most frequent first."""
        known = [(STOPPED[name], times) for name, times in self.stopped.items() if name in STOPPED]
        return sorted(known, key=lambda one: -one[1])


async def count(db: Database, times: Mapping[tuple[int, str], int]) -> None:
    """Add to what is known: {(post, "shown SOURCE" or "stopped FILTER"): times}. Posts that went meanwhile are left out."""
    by_post: dict[int, tuple[dict[str, int], dict[str, int]]] = {}
    for (post_id, what), number in times.items():
        kind, _, name = what.partition(" ")
        by_post.setdefault(post_id, ({}, {}))[kind == "stopped"][name] = number
    await db.execute(
        """insert into feed.reach as r (post_id, shown, sources, stopped)
           select p.id, t.shown, t.sources, t.stopped from unnest(%s::bigint[], %s::int[], %s::jsonb[], %s::jsonb[]) t (id, shown, sources, stopped)
               join social.posts p on p.id = t.id order by p.id
           on conflict (post_id) do update set shown = r.shown + excluded.shown,
               sources = feed.added(r.sources, excluded.sources), stopped = feed.added(r.stopped, excluded.stopped)""",
        list(by_post), [sum(sources.values()) for sources, _ in by_post.values()],
        [json(sources) for sources, _ in by_post.values()], [json(stopped) for _, stopped in by_post.values()],
    )  # fmt: skip


async def of(db: Database, author: Person, post_id: int) -> Reach:
    """Of one's own post. Raises NotFound, or NotAllowed for another's."""
    post = await posts.see(db, author.id, post_id)
    if post.author_id != author.id:
        raise NotAllowed("How far a post came is told to its author.")
    found = await db.maybe(Reach, "select post_id, shown, sources, stopped from feed.reach where post_id = %s", post_id)
    return found or Reach(post_id, 0, {}, {})
