"""What someone should know: who followed, liked, boosted, replied, mentioned or remixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bowerbird.core import live
from bowerbird.core.database import Database, keyset
from bowerbird.core.ids import new_id

Kind = Literal["follow", "like", "boost", "reply", "mention", "remix"]
PAGE_MAX = 80


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing that happened to `account_id`, by `from_id`."""

    id: int
    account_id: int
    kind: Kind
    from_id: int
    post_id: int | None
    read_at: datetime | None


class _Said(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def author_id(self) -> int: ...


async def tell(db: Database, account_id: int, kind: Kind, from_id: int, post_id: int | None = None) -> None:
    """Tell someone, once for each kind, person and post; never oneself, never across a block."""
    if account_id == from_id:
        return
    id_ = new_id()
    told = await db.execute(
        """insert into social.notifications (id, account_id, kind, from_id, post_id)
           select %s, %s, %s, %s, %s where not exists (
               select 1 from social.blocks where (account_id = %s and blocked_id = %s) or (account_id = %s and blocked_id = %s))
           on conflict do nothing""",
        id_, account_id, kind, from_id, post_id, account_id, from_id, from_id, account_id,
    )  # fmt: skip
    if told:
        await live.tell(db, [f"notify:{account_id}"], "notification", id_)


async def of_post(db: Database, post: _Said, mentioned: Sequence[int], replied_to: int | None) -> None:
    """Tell the one replied to, and everyone mentioned who was not told already by that."""
    if replied_to is not None:
        await tell(db, replied_to, "reply", post.author_id, post.id)
    for account_id in mentioned:
        if account_id != replied_to:
            await tell(db, account_id, "mention", post.author_id, post.id)


async def take_back(db: Database, account_id: int, kind: Kind, from_id: int, post_id: int | None = None) -> None:
    """Forget one that was undone before it matters."""
    await db.execute(
        "delete from social.notifications where account_id = %s and kind = %s and from_id = %s and post_id is not distinct from %s",
        account_id, kind, from_id, post_id,
    )  # fmt: skip


async def of(
    db: Database, account_id: int, *, before: int | None = None, after: int | None = None, limit: int = 40
) -> list[Notification]:
    """What happened to someone, newest first, leaving out what is about deleted posts. Which posts are shown with it is the door's gate."""
    more, args = keyset("n.id", before=before, after=after)
    return await db.many(
        Notification,
        f"""select n.* from social.notifications n where n.account_id = %s{more}
               and (n.post_id is null or exists (select 1 from social.posts p where p.id = n.post_id and p.deleted_at is null))
            order by n.id desc limit %s""",
        account_id, *args, min(limit, PAGE_MAX),
    )  # fmt: skip


async def unread(db: Database, account_id: int) -> int:
    """How many are new, counted up to 99."""
    return await db.value(
        "select count(*) from (select 1 from social.notifications where account_id = %s and read_at is null limit 99) n",
        account_id,
    )


async def read(db: Database, account_id: int, up_to: int) -> None:
    """Mark everything up to an id as read, and tell the badges."""
    if await db.execute(
        "update social.notifications set read_at = now() where account_id = %s and id <= %s and read_at is null",
        account_id,
        up_to,
    ):
        await live.tell(db, [f"notify:{account_id}"], "read", up_to)
