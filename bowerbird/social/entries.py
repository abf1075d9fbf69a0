"""Places in a list: what a page needs to know of a post before it knows the post, and what the one who looks has done with it.

A page of posts is read as entries: one query says which they are, in which version they stand (PostgreSQL's own xmin, another one
after each change) and whether the viewer liked them. The posts themselves are mostly kept already, put together, by that version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.core.database import Database, Gate
from bowerbird.social.visibility import visible_to


@dataclass(frozen=True, slots=True)
class Entry:
    """A post or boost in a list. `version` and the flags are those of the post that is shown: of a boost, what it boosts."""

    id: int
    author_id: int
    boost_of_id: int | None
    reply_to_id: int | None
    version: str
    liked: bool
    boosted: bool
    bookmarked: bool
    pinned: bool
    muted: bool

    @property
    def shown_id(self) -> int:
        """The post that is shown."""
        return self.boost_of_id or self.id

    @property
    def touched(self) -> bool:
        """Whether the viewer has done anything with it."""
        return self.liked or self.boosted or self.bookmarked or self.pinned or self.muted


def columns(viewer_id: int | None, boosts: bool = True) -> Gate:
    """What is selected for entries: of the row `p`, joined with what it boosts as `o` where there may be boosts."""
    at, thread = ("coalesce(o.id, p.id)", "coalesce(o.thread_id, p.thread_id)") if boosts else ("p.id", "p.thread_id")
    row = (
        f"p.id, p.author_id, p.boost_of_id, p.reply_to_id, {'coalesce(o.xmin, p.xmin)' if boosts else 'p.xmin'}::text as version"
    )
    if viewer_id is None:
        return Gate(f"{row}, false as liked, false as boosted, false as bookmarked, false as pinned, false as muted", ())
    return Gate(
        f"""{row}, exists (select 1 from social.likes x where x.account_id = %s and x.post_id = {at}) as liked,
            exists (select 1 from social.posts x where x.author_id = %s and x.boost_of_id = {at}) as boosted,
            exists (select 1 from social.bookmarks x where x.account_id = %s and x.post_id = {at}) as bookmarked,
            exists (select 1 from social.pins x where x.account_id = %s and x.post_id = {at}) as pinned,
            exists (select 1 from social.thread_mutes x where x.account_id = %s and x.thread_id = {thread}) as muted""",
        (viewer_id,) * 5,
    )


async def of(db: Database, viewer_id: int | None, ids: Sequence[int]) -> list[Entry]:
    """Those of `ids` that the viewer may see, boosts of what they may not see left out, in no order."""
    if not ids:
        return []
    row, gate, original = columns(viewer_id), visible_to(viewer_id), visible_to(viewer_id, "o")
    return await db.many(
        Entry,
        f"""select {row.sql} from social.posts p left join social.posts o on o.id = p.boost_of_id
            where p.id = any(%s) and {gate.sql} and (p.boost_of_id is null or {original.sql})""",
        *row.args, list(ids), *gate.args, *original.args,
    )  # fmt: skip
