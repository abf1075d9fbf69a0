"""Finding tags by how they begin, people through blocks, and both by an address of this house."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from bowerbird.core.database import Database
from bowerbird.core.ids import parse
from bowerbird.core.settings import settings
from bowerbird.social.text import normal_tag

TAGS_MAX = 40


async def tags(db: Database, typed: str, *, offset: int = 0, limit: int = 20) -> list[str]:
    """Tags that begin so, the one itself first, then what many use just now, then what is used most."""
    begin = normal_tag(typed.removeprefix("#").strip())
    if not begin or not begin.replace("_", "").isalnum():
        return []
    like = begin.replace("_", r"\_") + "%"
    return await db.values(
        """select name from (select name, post_id from social.tags where name like %s limit 20000) t
               join social.posts p on p.id = t.post_id and p.visibility = 'public' and p.deleted_at is null
           group by name order by name = %s desc,
               (select place from social.trends r where r.kind = 'tag' and r.name = t.name) nulls last, count(*) desc, name offset %s limit %s""",
        like, begin, offset, min(limit, TAGS_MAX),
    )  # fmt: skip


async def unblocked(db: Database, viewer_id: int | None, ids: Sequence[int], *, following: bool = False) -> list[int]:
    """Those of these people who have not blocked the viewer, in their order (whom one blocked oneself one finds, to take it back);
    with `following` only those followed."""
    if viewer_id is None:
        return [] if following else list(ids)
    passed = set(
        await db.values(
            """select i from unnest(%s::bigint[]) i where not exists (
                   select 1 from social.blocks where account_id = i and blocked_id = %s)
               and (not %s or exists (select 1 from social.follows where follower_id = %s and followed_id = i))""",
            list(ids), viewer_id, following, viewer_id,
        )
    )  # fmt: skip
    return [id_ for id_ in ids if id_ in passed]


def post_at(typed: str) -> int | None:
    """The id of the post whose address here this is."""
    parts = _path(typed)
    return parse(parts[-1]) if len(parts) == 2 and (parts[0] == "posts" or parts[0].startswith("@")) else None


def person_named(typed: str) -> str:
    """Whom somebody looks for: a name, @name@this.house or the address of a page here."""
    parts = _path(typed)
    if len(parts) == 1 and parts[0].startswith("@"):
        typed = parts[0]
    name, _, house = typed.strip().removeprefix("@").partition("@")
    return name if not house or house == urlsplit(settings().origin).netloc else f"{name}@{house}"


def _path(typed: str) -> list[str]:
    origin = settings().origin + "/"
    return unquote(typed.strip().removeprefix(origin)).strip("/").split("/") if typed.strip().startswith(origin) else []
