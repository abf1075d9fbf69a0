"""What hangs under a post, in reading order; and what arrives there while somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Trouble
from bowerbird.gallery import cards
from bowerbird.gallery.cards import Card
from bowerbird.social import posts, threads
from bowerbird.social.entries import Entry
from bowerbird.web import answers, render

DEPTH_MAX = 6
ARRIVALS_MAX = 20  # at once; who was away for longer loads the page again


@dataclass(frozen=True, slots=True)
class Branch:
    """A reply and how deep it stands."""

    card: Card
    depth: int


def branches(below: Sequence[Entry], top_id: int, ready: dict[int, Card]) -> list[Branch]:
    """Replies in reading order, as `threads.context` gives them."""
    depth = {top_id: -1}
    found: list[Branch] = []
    for p in below:
        depth[p.id] = depth.get(p.reply_to_id or 0, -1) + 1
        if p.id in ready:
            found.append(Branch(ready[p.id], min(depth[p.id], DEPTH_MAX)))
    return found


class Watched:
    """A thread that somebody looks at: `news` are the replies that are newer than what they have."""

    def __init__(self, top_id: int, after: int, csrf: str) -> None:
        self.top_id, self.after, self.csrf = top_id, after, csrf
        self.ids: set[int] = {top_id}

    async def news(self, pool: Pool, me: Person) -> str:
        """What arrived, each beside the reply it stands after; "" for nothing. Whose page it was may be gone: nothing too."""
        try:
            async with pool.reading() as db:
                return await self._news(db, me)
        except Trouble:
            return ""

    async def _news(self, db: Database, me: Person) -> str:
        top = await posts.see(db, me.id, self.top_id)
        _, below = threads.context(top, await threads.of(db, me.id, top))
        self.ids |= {one.id for one in below}
        fresh = [one for one in below if one.id > self.after][:ARRIVALS_MAX]
        if not fresh:
            return ""
        made = await cards.seen(db, me, await cards.of(db, me, [top, *fresh]))
        ready = {card.id: card for card in made}
        told = await answers.told(db, me, ready[top.id], made)
        self.after = max(one.id for one in fresh)
        order = [one.id for one in below]
        parts: list[str] = []
        for branch in branches(below, top.id, ready):
            place = order.index(branch.card.id)
            where = f"afterend:#card-{order[place - 1]}" if place else "afterbegin:#thread"
            reply = render.fragment(
                "fragments/reply.jinja", card=branch.card, depth=branch.depth, author_id=ready[top.id].author.id, me=True, csrf=self.csrf,
                told=told,
            )  # fmt: skip
            parts.append(f'<div hx-swap-oob="{where}">{reply}</div>')
        return "".join(parts)
