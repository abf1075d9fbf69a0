"""What of the feed goes into somebody's archive."""

from __future__ import annotations

from typing import Any

import msgspec

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.ids import at
from bowerbird.feed import recipe, served


async def files(db: Database, me: Person) -> dict[str, Any]:
    """By file name: every recipe that is kept, what one hid, the latest pages one was shown."""
    hidden = await db.rows("select post_id, at from feed.hidden where account_id = %s order by at", me.id)
    forgotten = await db.value("select after_id from feed.beginnings where account_id = %s", me.id)
    return {
        "feed.json": {
            "recipes": [msgspec.to_builtins(one) for one in await recipe.versions(db, me)],
            "hidden": [{"post_id": str(post_id), "at": moment} for post_id, moment in hidden],
            "begun_anew_at": at(forgotten) if forgotten else None,
            "pages": [
                {
                    "shown_at": at(one.id),
                    "release": one.release,
                    "post_ids": [str(id_) for id_ in one.posts],
                    "sources": one.sources,
                }
                for one in await served.of(db, me.id)
            ],
        }
    }
