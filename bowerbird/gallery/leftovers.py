"""What is left of someone who left, taken away a handful at a time: each of these says whether it found something."""

from __future__ import annotations

from bowerbird.core import live
from bowerbird.core.database import Database
from bowerbird.studio import pictures as studio_pictures

COUNTED = (  # as posts.py counts them
    ("reply_to_id", "replies_count", "visibility in ('public', 'unlisted')"),
    ("boost_of_id", "boosts_count", "true"),
    ("quote_of_id", "quotes_count", "visibility in ('public', 'unlisted') and quote_state = 'accepted'"),
)
POSTS_A_STEP, PICTURES_A_STEP, ROWS_A_STEP = 100, 50, 1_000
# every column that points at a person, wherever a later migration may have put it; pictures are treated by themselves
REFERENCES = """select quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(a.attname) from pg_constraint k
    join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    where k.contype = 'f' and k.confrelid = 'accounts.people'::regclass and c.oid <> 'studio.pictures'::regclass order by 1, 2"""


async def likes(db: Database, account_id: int) -> bool:
    """Their likes, out of the numbers too."""
    liked = await db.values(
        """with gone as (delete from social.likes where account_id = %s
               and post_id in (select post_id from social.likes where account_id = %s limit %s) returning post_id)
           update social.posts p set likes_count = greatest(0, likes_count - 1) from gone where p.id = gone.post_id returning p.id""",
        account_id, account_id, ROWS_A_STEP,
    )  # fmt: skip
    await _tell(db, liked)
    return bool(liked)


async def posts(db: Database, account_id: int) -> bool:
    """Their posts and boosts, out of the numbers of what they answered, boosted and quoted."""
    due = await db.values("select id from social.posts where author_id = %s order by id limit %s", account_id, POSTS_A_STEP)
    if not due:
        return False
    for column, count, counted in COUNTED:  # what they deleted before they left is out of the numbers already
        touched = await db.values(
            f"""update social.posts p set {count} = greatest(0, {count} - gone.n) from (
                    select {column} as id, count(*)::int as n from social.posts where id = any(%s) and {counted}
                    and deleted_at >= (select left_at from accounts.departures where account_id = %s) group by 1) gone
                where p.id = gone.id returning p.id""",
            due, account_id,
        )  # fmt: skip
        await _tell(db, touched)
    await db.execute("delete from social.posts where id = any(%s)", due)
    await _tell(db, due)
    return True


async def pictures(db: Database, account_id: int) -> bool:
    """Their pictures: a tombstone where others went on from it, nothing where nobody did."""
    standing = await db.values(
        "select id from studio.pictures where creator_id = %s and deleted_at is null order by id desc limit %s",
        account_id,
        PICTURES_A_STEP,
    )
    for id_ in standing:
        await studio_pictures.delete(db, account_id, id_)
    await db.execute("delete from studio.generations where account_id = %s", account_id)
    alone = await db.execute(
        """delete from studio.pictures p where creator_id = %s and deleted_at is not null
           and not exists (select 1 from studio.pictures c where c.parent_id = p.id)
           and not exists (select 1 from studio.generations g where g.source_id = p.id)""",
        account_id,
    )
    return bool(standing) or alone > 0


async def rows(db: Database, account_id: int) -> bool:
    """Everything else that points at them, in whichever table."""
    gone = await db.execute("delete from social.home where owner_id = %s", account_id)
    for table, column in await db.rows(REFERENCES):
        gone += await db.execute(
            f"delete from {table} where ctid in (select ctid from {table} where {column} = %s limit {ROWS_A_STEP})", account_id
        )
    return gone > 0


async def events(db: Database, account_id: int) -> bool:
    """What they did and consented to; which uses they allowed stays a while, without what it was about."""
    said = [
        await db.execute(f"delete from events.{table} where {column} = %s", account_id)
        for table, column in (
            ("consents", "account_id"),
            ("item_consents", "owner_id"),
            ("questions", "account_id"),
            ("minors", "account_id"),
        )
    ]
    await db.execute("update events.consent_changes set item_kind = null, item_id = null where account_id = %s", account_id)
    done = await db.execute(
        "delete from events.log where id in (select id from events.log where actor_id = %s limit %s)", account_id, ROWS_A_STEP
    )
    return sum(said) + done > 0


async def person(db: Database, account_id: int) -> bool:
    """Their own row, unless a tombstone needs its number."""
    gone = await db.execute(
        "delete from accounts.people p where id = %s and not exists (select 1 from studio.pictures where creator_id = p.id)",
        account_id,
    )
    return gone > 0


async def _tell(db: Database, post_ids: list[int]) -> None:
    for id_ in post_ids:
        await live.tell(db, ["counts"], "counts", id_)
