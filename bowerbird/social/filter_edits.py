"""Changing one's filters: the filter, its words, its single posts. Every change is told to one's open pages."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.accounts.people import Person
from bowerbird.core import live
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.ids import new_id
from bowerbird.social import filter_rows, posts
from bowerbird.social.filter_rows import ACTIONS, CONTEXTS, Filter, Filtered, Keyword

FILTERS_MAX = 100
KEYWORDS_MAX = 200  # of one filter
POSTS_MAX = 200
TITLE_LENGTH_MAX = 100
KEYWORD_LENGTH_MAX = 200
EXPIRY_S_MAX = 10 * 366 * 86_400


async def create(
    db: Database, me: Person, title: str, contexts: Sequence[str], action: str = "warn", expires_in_s: int | None = None
) -> Filter:
    """A new filter without words. Raises Invalid."""
    _check(title, contexts, action, expires_in_s)
    if await db.value("select count(*) from social.filters where account_id = %s", me.id) >= FILTERS_MAX:
        raise Invalid(f"Up to {FILTERS_MAX} filters fit. Remove one first.")
    id_ = new_id()
    await db.execute(
        """insert into social.filters (id, account_id, title, contexts, action, expires_at)
           values (%s, %s, %s, %s, %s, now() + make_interval(secs => %s))""",
        id_, me.id, title.strip(), list(dict.fromkeys(contexts)), action, expires_in_s,
    )  # fmt: skip
    await _told(db, me)
    return await filter_rows.one(db, me.id, id_)


async def change(
    db: Database, me: Person, id_: int, *, title: str | None, contexts: Sequence[str] | None, action: str | None,
    expires_in_s: int | None, forever: bool,
) -> Filter:  # fmt: skip
    """Change what is given; `forever` takes its end away. Raises Invalid, NotFound for anyone else's."""
    row = (await filter_rows.one(db, me.id, id_)).row
    contexts = list(dict.fromkeys(row.contexts if contexts is None else contexts))
    title, action = row.title if title is None else title, row.action if action is None else action
    _check(title, contexts, action, expires_in_s)
    await db.execute(
        """update social.filters set title = %s, contexts = %s, action = %s,
               expires_at = case when %s then null else coalesce(now() + make_interval(secs => %s), expires_at) end
           where id = %s""",
        title.strip(), contexts, action, forever, expires_in_s, id_,
    )  # fmt: skip
    await _told(db, me)
    return await filter_rows.one(db, me.id, id_)


async def remove(db: Database, me: Person, id_: int) -> None:
    """Take a filter away. Raises NotFound for anyone else's."""
    if not await db.execute("delete from social.filters where id = %s and account_id = %s", id_, me.id):
        raise NotFound
    await _told(db, me)


async def add_keyword(db: Database, me: Person, filter_id: int, keyword: str, *, whole_word: bool) -> Keyword:
    """One more word for a filter. Raises Invalid, NotFound for anyone else's."""
    found = await filter_rows.one(db, me.id, filter_id)
    if len(found.keywords) >= KEYWORDS_MAX:
        raise Invalid(f"A filter has up to {KEYWORDS_MAX} keywords.")
    made = await db.one(
        Keyword,
        "insert into social.filter_keywords (id, filter_id, keyword, whole_word) values (%s, %s, %s, %s) returning *",
        new_id(), filter_id, _keyword(keyword), whole_word,
    )  # fmt: skip
    await _told(db, me)
    return made


async def keyword_of(db: Database, me: Person, id_: int) -> Keyword:
    """One's own keyword. Raises NotFound for anyone else's."""
    return await db.one(
        Keyword,
        "select k.* from social.filter_keywords k join social.filters f on f.id = k.filter_id where k.id = %s and f.account_id = %s",
        id_, me.id,
    )  # fmt: skip


async def change_keyword(db: Database, me: Person, id_: int, keyword: str | None, whole_word: bool | None) -> Keyword:
    """Say it differently. Raises Invalid, NotFound for anyone else's."""
    before = await keyword_of(db, me, id_)
    changed = await db.one(
        Keyword,
        "update social.filter_keywords set keyword = %s, whole_word = %s where id = %s returning *",
        _keyword(before.keyword if keyword is None else keyword), before.whole_word if whole_word is None else whole_word, id_,
    )  # fmt: skip
    await _told(db, me)
    return changed


async def remove_keyword(db: Database, me: Person, id_: int) -> None:
    """Take a word away. Raises NotFound for anyone else's."""
    await keyword_of(db, me, id_)
    await db.execute("delete from social.filter_keywords where id = %s", id_)
    await _told(db, me)


async def add_post(db: Database, me: Person, filter_id: int, post_id: int) -> Filtered:
    """Put a single post one can see behind a filter. Raises Invalid, NotFound for anyone else's filter."""
    found = await filter_rows.one(db, me.id, filter_id)
    if len(found.posts) >= POSTS_MAX:
        raise Invalid(f"A filter has up to {POSTS_MAX} posts.")
    post = await posts.see(db, me.id, post_id)
    made = await db.one(
        Filtered,
        """insert into social.filter_posts (id, filter_id, post_id) values (%s, %s, %s)
           on conflict (filter_id, post_id) do update set post_id = excluded.post_id returning *""",
        new_id(), filter_id, post.boost_of_id or post.id,
    )  # fmt: skip
    await _told(db, me)
    return made


async def post_of(db: Database, me: Person, id_: int) -> Filtered:
    """A single post of one's own filter. Raises NotFound for anyone else's."""
    return await db.one(
        Filtered,
        "select p.* from social.filter_posts p join social.filters f on f.id = p.filter_id where p.id = %s and f.account_id = %s",
        id_, me.id,
    )  # fmt: skip


async def remove_post(db: Database, me: Person, id_: int) -> None:
    """Let a post be read again. Raises NotFound for anyone else's."""
    await post_of(db, me, id_)
    await db.execute("delete from social.filter_posts where id = %s", id_)
    await _told(db, me)


async def _told(db: Database, me: Person) -> None:
    await live.tell(db, [f"filters:{me.id}", "filters"], "filters", me.id)


def _keyword(text: str) -> str:
    text = " ".join(text.replace("\x00", "").split())
    if not 0 < len(text) <= KEYWORD_LENGTH_MAX:
        raise Invalid(f"A keyword has 1 to {KEYWORD_LENGTH_MAX} characters.")
    return text


def _check(title: str, contexts: Sequence[str], action: str, expires_in_s: int | None) -> None:
    if not 0 < len(title.strip()) <= TITLE_LENGTH_MAX or "\x00" in title:
        raise Invalid(f"A filter has a title of up to {TITLE_LENGTH_MAX} characters.")
    if not contexts or any(context not in CONTEXTS for context in contexts):
        raise Invalid(f"A filter works in some of: {', '.join(CONTEXTS)}.")
    if action not in ACTIONS:
        raise Invalid(f"What a filter does is one of: {', '.join(ACTIONS)}.")
    if expires_in_s is not None and not 0 < expires_in_s <= EXPIRY_S_MAX:
        raise Invalid("A filter ends some seconds from now, within ten years.")
