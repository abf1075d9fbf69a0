"""What can be listened to, by Mastodon's names: a channel's label, its topics of news, and the kinds of news that belong to it."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.accounts.people import Person
from bowerbird.accounts.tokens import Token
from bowerbird.core.database import Pool
from bowerbird.core.errors import Invalid, NotAllowed, NotFound
from bowerbird.core.ids import parse
from bowerbird.social import lists
from bowerbird.social.text import normal_tag

POSTS = frozenset({"post", "edit", "delete"})
PUBLIC = (
    "public",
    "public:local",
    "public:media",
    "public:local:media",
    "public:remote",
    "public:remote:media",
    "hashtag",
    "hashtag:local",
)
OWN = ("user", "user:notification", "direct", "list")
TAG_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class Channel:
    """One stream of events. `media_only` leaves out posts without pictures."""

    label: tuple[str, ...]
    topics: tuple[str, ...]
    kinds: frozenset[str] = POSTS
    media_only: bool = False


async def find(pool: Pool, me: Person, token: Token | None, name: str, *, tag: str = "", list_id: str = "") -> Channel:
    """The channel called `name`, if this token may listen to it. Raises NotFound, Invalid or NotAllowed."""
    if name not in PUBLIC and name not in OWN:
        raise NotFound("There is no such stream.")
    if token and name in OWN and not token.allows("read:notifications" if name == "user:notification" else "read:statuses"):
        raise NotAllowed("This token may not listen to that stream.")
    notified = (f"notify:{me.id}",) if token is None or token.allows("read:notifications") else ()
    match name:
        case "user":
            return Channel((name,), (f"home:{me.id}", f"filters:{me.id}", *notified), POSTS | {"notification", "filters"})
        case "user:notification":
            return Channel((name,), notified, frozenset({"notification"}))
        case "direct":
            return Channel((name,), (f"direct:{me.id}",), frozenset({"conversation"}))
        case "public:remote" | "public:remote:media":
            return Channel((name,), ())  # there is nobody beyond this house
        case "public" | "public:local" | "public:media" | "public:local:media":
            return Channel((name,), ("local",), media_only=name.endswith("media"))
        case "hashtag" | "hashtag:local":
            tag = normal_tag(tag.removeprefix("#"))
            if not 1 <= len(tag) <= TAG_LENGTH_MAX:
                raise Invalid("Say which tag.")
            return Channel((name, tag), (f"tag:{tag}",))
        case _:
            async with pool.reading() as db:
                found = await lists.one(db, me.id, parse(list_id) or 0)
            return Channel((name, str(found.id)), (f"list:{found.id}",))
