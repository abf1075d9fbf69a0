"""Who may see a post: the one gate every read of posts for a viewer goes through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bowerbird.core.database import Database, Gate
from bowerbird.core.errors import Invalid

Visibility = Literal["public", "unlisted", "followers", "direct"]
VISIBILITIES: tuple[Visibility, ...] = ("public", "unlisted", "followers", "direct")


def visible_to(viewer_id: int | None, row: str = "p") -> Gate:
    """What `viewer_id` (None: a visitor who is not signed in) may see, as a condition over the posts row called `row`."""
    if viewer_id is None:
        return Gate(f"({row}.deleted_at is null and {row}.visibility in ('public', 'unlisted'))", ())
    sql = visible_to_each("%s", row)
    return Gate(sql, (viewer_id,) * sql.count("%s"))


def visible_to_each(viewer: str, row: str = "p") -> str:
    """The same for a viewer whose id is the SQL expression `viewer`, so that one query can ask for many of them."""
    return f"""({row}.deleted_at is null
            and ({row}.visibility in ('public', 'unlisted') or {row}.author_id = {viewer}
                 or ({row}.visibility = 'followers' and exists (
                        select 1 from social.follows f where f.follower_id = {viewer} and f.followed_id = {row}.author_id))
                 or exists (select 1 from social.mentions m where m.post_id = {row}.id and m.account_id = {viewer}))
            and not exists (select 1 from social.blocks b where b.account_id = {viewer} and b.blocked_id = {row}.author_id)
            and not exists (select 1 from social.blocks b where b.blocked_id = {viewer} and b.account_id = {row}.author_id))"""


def unmuted_by(viewer_id: int | None, row: str = "p") -> Gate:
    """For lists that come by themselves (home, local, tags, search): the author is not muted. No matter of who may see."""
    if viewer_id is None:
        return Gate("true", ())
    return Gate(unmuted_by_each("%s", row), (viewer_id,))


def unmuted_by_each(viewer: str, row: str = "p") -> str:
    """The same for a viewer whose id is an SQL expression."""
    return f"""not exists (select 1 from social.mutes u where u.account_id = {viewer} and u.muted_id = {row}.author_id
                                and (u.until is null or u.until > now()))"""


def checked(value: str) -> Visibility:
    """A visibility from outside; Mastodon's name `private` means followers. Raises Invalid."""
    value = "followers" if value == "private" else value
    for known in VISIBILITIES:
        if known == value:
            return known
    raise Invalid("Visibility is public, unlisted, followers or direct.")


def narrower(one: str, other: str) -> Visibility:
    """The one of two visibilities that fewer people can see."""
    return VISIBILITIES[max(VISIBILITIES.index(checked(one)), VISIBILITIES.index(checked(other)))]


async def media_seen(db: Database, viewer_id: int | None, media_ids: Sequence[int]) -> set[int]:
    """Which of these pictures stand in a post that the viewer may see."""
    if not media_ids:
        return set()
    gate = visible_to(viewer_id)
    return set(
        await db.values(
            f"""select distinct pm.media_id from social.post_media pm join social.posts p on p.id = pm.post_id
                where pm.media_id = any(%s) and {gate.sql}""",
            list(media_ids),
            *gate.args,
        )
    )
