"""Finding posts by their words: PostgreSQL full text, through the visibility gate."""

from __future__ import annotations

from bowerbird.core.database import Database, keyset, of_row
from bowerbird.social import posts
from bowerbird.social.posts import Post
from bowerbird.social.visibility import visible_to

QUERY_LENGTH_MAX = 200
PAGE_MAX = 40


async def by_words(db: Database, viewer_id: int | None, query: str, *, before: int | None = None, limit: int = 20) -> list[Post]:
    """Public posts (and one's own) that hold the words, newest first; quotes, `or` and a minus work as on the web."""
    columns = of_row(posts.COLUMNS, "p")
    gate = visible_to(viewer_id)
    more, args = keyset("p.id", before=before)
    return await db.many(
        Post,
        f"""select {columns} from social.posts p where p.words @@ websearch_to_tsquery('simple', %s) and p.boost_of_id is null
            and (p.visibility = 'public' or p.author_id = %s){more} and {gate.sql} order by p.id desc limit %s""",
        query[:QUERY_LENGTH_MAX], viewer_id or 0, *args, *gate.args, min(limit, PAGE_MAX),
    )  # fmt: skip
