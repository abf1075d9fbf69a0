"""What the picture models may learn from: which of several pictures people picked, and shown pictures that others liked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.events.log import Recorded
from bowerbird.learning.arena import compared
from bowerbird.learning.datasets import gate, looks
from bowerbird.learning.datasets.item import Item, Left, left

PICKS_MAX = 5_000  # the newest; a pick is up to four pictures
AT_ONCE = 500
KINDS = ("CandidatePicked", "PictureVoted")  # of event that say which of several pictures was thought best


@dataclass(frozen=True, slots=True)
class Pick:
    """One of several pictures was thought best: `picked` of `offered`, as they were shown. `told`: the event that says so."""

    source: str
    picked: int
    offered: tuple[int, ...]
    told: Recorded


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that still stands. `small`: the hash of its small rendition's bytes; `from_words`: nobody else has a part in it."""

    id: int
    creator_id: int
    small: str
    from_words: bool


async def gather(db: Database) -> tuple[list[Item], list[Left]]:
    """(what may be learned from, what not although its person once agreed), before the sieve."""
    public = {event.id async for event in gate.learnable(db, "public_dataset")}
    picks, out = await _picks(db, public)
    liked, unliked = await looks.gather(db, public)
    out += unliked
    async for one in gate.held_back(db, "train_picture_picks", KINDS):
        out.append(Left(one.id, one.actor_id, one.item_kind, one.item_id, one.reason))
    async for one in gate.held_back(db, "train_pictures"):
        if one.pictures:
            out.append(Left(one.id, one.actor_id, one.item_kind, one.item_id, one.reason))
    return [*picks, *liked], out


async def _picks(db: Database, public: set[int]) -> tuple[list[Item], list[Left]]:
    told = [event async for event in gate.learnable(db, "train_picture_picks") if event.kind in KINDS]
    tried, out = _tried([event for event in told if event.kind == "CandidatePicked"])
    voted, unsure = await _voted(db, [event for event in told if event.kind == "PictureVoted"])
    picks = sorted([*tried, *voted], key=lambda one: one.told.id)
    out += [*unsure, *(left(one.told, "older") for one in picks[:-PICKS_MAX])]
    picks, items = picks[-PICKS_MAX:], list[Item]()
    for start in range(0, len(picks), AT_ONCE):
        some = picks[start : start + AT_ONCE]
        found = await _shown(db, [id_ for one in some for id_ in one.offered])
        for one in some:
            item = _item(one, found, one.told.id in public)
            if isinstance(item, Item):
                items.append(item)
            else:
                out.append(left(one.told, item))
    return items, out


def _tried(events: Sequence[Recorded]) -> tuple[list[Pick], list[Left]]:
    """Of several tries of one generation, the one that was taken last."""
    newest = {(event.actor_id, event.item_id): event for event in events}
    out = [left(event, "changed") for event in events if newest[event.actor_id, event.item_id] is not event]
    return [
        Pick("picked", int(event.data["picked"]), tuple(int(each) for each in event.data["offered"]), event)
        for event in newest.values()
    ], out


async def _voted(db: Database, events: Sequence[Recorded]) -> tuple[list[Pick], list[Left]]:
    """Of two in the arena, the one that was voted for."""
    standing, out = await compared.standing(db, events)
    shows = await compared.pictures_of(db, [side for one in standing for side in (one.better, one.worse)])
    picks: list[Pick] = []
    for one in standing:
        if one.better in shows and one.worse in shows:
            sides = tuple(shows[int(side)] for side in one.told.data["sides"])
            picks.append(Pick("arena", shows[one.better], sides, one.told))
        else:
            out.append(left(one.told, "deleted"))
    return picks, out


def _item(one: Pick, found: Mapping[int, Shown], public: bool) -> Item | str:
    """One pick; or why it is none. What somebody made away with, or others have a part in, takes the whole pick with it."""
    person_id = one.told.actor_id or 0
    seen = [found[id_] for id_ in one.offered if id_ in found]
    if len(seen) < len(one.offered) or one.picked not in one.offered:
        return "deleted"
    mine = one.source == "arena"  # what was painted for a bout is nobody's but its person's, whose event it is
    if not all(each.from_words and (mine or each.creator_id == person_id) for each in seen):
        return "not_from_words"
    chosen = found[one.picked].small
    others = [each.small for each in seen if each.small != chosen]
    if not others:
        return "no_words"
    return Item(
        kind="pick", source=one.source, person_id=person_id, event_ids=(one.told.id,), item_kind=one.told.item_kind or "",
        item_id=one.told.item_id or 0, pictures=(chosen, *others), place=one.offered.index(one.picked), public=public,
    )  # fmt: skip


async def _shown(db: Database, ids: Sequence[int]) -> dict[int, Shown]:
    rows = await db.many(
        Shown,
        """select p.id, p.creator_id, a.small, p.parent_id is null and not p.recipe ? 'parent_id' and a.provenance = 'generated' as from_words
           from studio.pictures p join media.attachments a on a.id = p.media_id where p.id = any(%s) and p.deleted_at is null""",
        list(ids),
    )
    return {one.id: one for one in rows}
