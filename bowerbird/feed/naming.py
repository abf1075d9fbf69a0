"""What a post is called where a reason speaks of it: its first words, or the prompt of its picture."""

from __future__ import annotations

from collections.abc import Collection

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.social.visibility import visible_to

LENGTH_MAX = 44


async def named(db: Database, viewer: Person | None, post_ids: Collection[int]) -> dict[int, str]:
    """A name in quotation marks for each post that the viewer may see."""
    if not post_ids:
        return {}
    gate = visible_to(viewer.id if viewer else None)
    rows = await db.rows(
        f"""select p.id, coalesce(nullif(p.spoiler, ''), nullif(p.text, ''), (
                select coalesce(nullif(s.prompt, ''), t.alt) from social.post_media pm join media.attachments t on t.id = pm.media_id
                left join studio.pictures s on s.media_id = t.id where pm.post_id = p.id order by pm.position limit 1), 'a picture')
            from social.posts p where p.id = any(%s) and {gate.sql}""",
        list(post_ids), *gate.args,
    )  # fmt: skip
    return {id_: f"“{shortened(said)}”" for id_, said in rows}


def shortened(said: str) -> str:
    """The first words, on one line, at most LENGTH_MAX characters."""
    line = " ".join(said.split())
    return line if len(line) <= LENGTH_MAX else line[:LENGTH_MAX].rsplit(" ", 1)[0] + "…"
