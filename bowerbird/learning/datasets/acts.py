"""What For You's nightly model learns from: the very acts that `ranker/house.py` reads, each with what it says of a taste."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bowerbird.core.database import Database
from bowerbird.learning.datasets import gate
from bowerbird.learning.datasets.item import Item, Left
from bowerbird.learning.datasets.sieve import Kept
from bowerbird.learning.ranker import house

LIMITS = {"items_of_a_person": house.PER_PERSON_MAX, "items": house.ACTS_MAX, "days": house.DAYS_MAX}


async def gather(db: Database) -> tuple[list[Item], list[Left]]:
    """(acts that teach, what does not although its person once agreed)."""
    read = await house.read(db)
    items = [
        Item(
            kind="act", source=str(act.kind), person_id=act.person_id, event_ids=(act.id,), item_kind="post", item_id=act.post_id,
            weight=house.weight(act),
        )
        for act in read.acts
    ]  # fmt: skip
    out = [Left(act.id, act.person_id, "post", act.post_id, reason) for act, reason in read.out]
    out += [Left(id_, person_id, kind, item_id, "forgotten") for id_, person_id, kind, item_id in await house.forgotten(db)]
    async for one in gate.held_back(db, "personalise", house.KINDS, after=house.begins()):
        out.append(Left(one.id, one.actor_id, one.item_kind, one.item_id, one.reason))
    return items, sorted(out, key=lambda one: one.event_id)[-house.ACTS_MAX :]


def sift(items: Sequence[Item], key: Callable[[int], str]) -> tuple[list[Kept], list[Left]]:
    """All of it: nobody is kept apart, for what is examined is whether the last act of each is foretold from those before it."""
    names = {person_id: key(person_id) for person_id in {item.person_id for item in items}}
    return [Kept(item, "train", names[item.person_id]) for item in sorted(items, key=lambda one: one.event_ids)], []
