"""Finding posts by their words, prompts and descriptions, by words nearly like them, and by meaning; always through the gates."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.core.database import Database, Gate, of_row
from bowerbird.core.paging import Page
from bowerbird.inference.embeddings import Vector
from bowerbird.social import meanings, posts, queries
from bowerbird.social.posts import Post
from bowerbird.social.queries import Query
from bowerbird.social.visibility import unmuted_by, visible_to

QUERY_LENGTH_MAX = queries.QUERY_LENGTH_MAX
PAGE_MAX = 40
CANDIDATES = 200  # of each way of finding
FUSION = 60  # reciprocal rank fusion: Cormack, Clarke, Buettcher 2009
NEAR_LENGTH_MIN = 4
FEW = 10  # where so few hold the words, somebody may have mistyped
_HITS = """select id from social.posts where words @@ websearch_to_tsquery('simple', %s)
    union select pm.post_id from studio.pictures s join social.post_media pm on pm.media_id = s.media_id
          where s.words @@ websearch_to_tsquery('simple', %s)
    union select pm.post_id from media.attachments a join social.post_media pm on pm.media_id = a.id
          where to_tsvector('simple', a.alt) @@ websearch_to_tsquery('simple', %s)"""
_HOLDING = f"p.id in ({_HITS})"
_NEWEST = f"p.id in (select id from ({_HITS}) hits order by id desc limit 2000)"  # a word that is everywhere: who narrows finds the older ones


async def by_words(db: Database, viewer_id: int | None, query: str, *, before: int | None = None, limit: int = 20) -> list[Post]:
    """Posts that hold the words, newest first; quotes, `or`, a minus and operators work. A stretch at a time."""
    asked = queries.parse(query, viewer_id)
    if asked.empty:
        return []
    gate, more = _narrowed(asked, viewer_id, None), Page(before).clause("p.id")
    words = Gate(_HOLDING, (asked.words,) * 3) if asked.words else Gate("true", ())
    return await db.many(
        Post,
        f"""select {of_row(posts.COLUMNS, "p")} from social.posts p where {words.sql} and {gate.sql}{more.sql}
            order by p.id desc limit {min(limit, PAGE_MAX)}""",
        *words.args, *gate.args, *more.args,
    )  # fmt: skip


async def best(
    db: Database,
    viewer_id: int | None,
    query: Query,
    meaning: Vector | None,
    *,
    author_id: int | None = None,
    offset: int = 0,
    limit: int = 20,
) -> list[Post]:
    """Posts in the order of how well they fit: by words, by words nearly like them, and by `meaning`, fused by their ranks."""
    if query.empty:
        return []
    gate, narrow = _narrowed(query, viewer_id, author_id), bool(query.gates) or author_id is not None
    words = Gate(_HOLDING if narrow else _NEWEST, (query.words,) * 3) if query.words else Gate("true", ())
    ways = [
        await db.values(
            f"""select p.id from social.posts p where {words.sql} and {gate.sql}
                order by ts_rank(p.words, websearch_to_tsquery('simple', %s)) desc, p.id desc limit {CANDIDATES}""",
            *words.args, *gate.args, query.words,
        )
    ]  # fmt: skip
    if len(ways[0]) < FEW and len(query.said) >= NEAR_LENGTH_MIN and '"' not in query.words:
        ways.append(await _nearly(db, query, gate))
    if meaning and query.said:
        ways.append(await _through(db, query, gate, await meanings.near(db, meaning)))
    order = fused(ways)[offset : offset + min(limit, PAGE_MAX)]
    found = {post.id: post for post in await db.many(Post, f"select {posts.COLUMNS} from social.posts where id = any(%s)", order)}
    return [found[id_] for id_ in order if id_ in found]


def fused(ways: Sequence[Sequence[int]]) -> list[int]:
    """One order out of several: each way of finding gives 1 / (FUSION + place), and these are summed."""
    score: dict[int, float] = {}
    for way in ways:
        for place, id_ in enumerate(way, 1):
            score[id_] = score.get(id_, 0.0) + 1 / (FUSION + place)
    return sorted(score, key=lambda id_: (-score[id_], -id_))


async def _nearly(db: Database, query: Query, gate: Gate) -> list[int]:
    """Posts with words nearly like those typed: what somebody meant who mistyped."""
    return await db.values(
        f"""select p.id from social.posts p where p.visibility = 'public' and p.boost_of_id is null and %s <%% p.text and {gate.sql}
            and {_without(query)} order by word_similarity(%s, p.text) desc, p.id desc limit {PAGE_MAX}""",
        query.said, *gate.args, query.words, query.said,
    )  # fmt: skip


async def _through(db: Database, query: Query, gate: Gate, ids: Sequence[int]) -> list[int]:
    """Those of `ids` that pass, in their order."""
    passed = set(
        await db.values(
            f"select p.id from social.posts p where p.id = any(%s) and {gate.sql} and {_without(query)}",
            list(ids),
            *gate.args,
            query.words,
        )
    )
    return [id_ for id_ in ids if id_ in passed]


def _without(query: Query) -> str:
    """What was typed with a minus must not stand in it, whichever way it was found; one argument, the words."""
    minus = [word for word in query.words.split() if word.startswith("-") and len(word) > 1]
    if not minus:
        return "%s::text is not null"
    return "p.words @@ websearch_to_tsquery('simple', (select string_agg(w, ' ') from unnest(string_to_array(%s, ' ')) w where w like '-_%%'))"


def _narrowed(query: Query, viewer_id: int | None, author_id: int | None) -> Gate:
    """Everything a found post must pass, over the row `p`."""
    gates = [
        Gate("p.boost_of_id is null", ()),
        queries.who(viewer_id),
        visible_to(viewer_id),
        unmuted_by(viewer_id),
        *query.gates,
    ]
    if author_id is not None:
        gates.append(Gate("p.author_id = %s", (author_id,)))
    return Gate(" and ".join(gate.sql for gate in gates), tuple(arg for gate in gates for arg in gate.args))
