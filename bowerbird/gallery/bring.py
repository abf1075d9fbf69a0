"""Bringing along from elsewhere whom one follows, blocks, mutes and lists, and what one bookmarked, a few lines at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import psycopg

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core import jobs
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict, Invalid, TooLarge, Trouble
from bowerbird.core.ids import before, new_id
from bowerbird.gallery import lists_as_csv
from bowerbird.social import graph, lists, mutes, names, reactions
from bowerbird.social.follows import Wishes

Kind = Literal["following", "blocking", "muting", "lists", "bookmarks"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LINES_MAX, LENGTH_MAX, CELL_LENGTH_MAX = 10_000, 2_000_000, 500
STEP = 50
BONDS: tuple[Kind, ...] = ("following", "blocking")  # these lock the rows of two people
WAIT_MAX = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Brought:
    """A file somebody brought; `done` of its `lines` are through, `missing` says which could not be and why."""

    id: int
    account_id: int
    kind: Kind
    overwrite: bool
    lines: list[list[str]]
    done: int
    missing: list[list[str]]
    finished_at: datetime | None


async def start(db: Database, me: Person, kind: str, text: str, *, overwrite: bool = False) -> Brought:
    """Take a file in. With `overwrite`, what is not in it goes. Raises Invalid, TooLarge, or Conflict while another is worked on."""
    if kind not in KINDS:
        raise Invalid(f"What can be brought: {', '.join(KINDS)}.")
    if len(text) > LENGTH_MAX:
        raise TooLarge("That file is too long.")
    lines = [[cell[:CELL_LENGTH_MAX].replace("\x00", "") for cell in row[:4]] for row in lists_as_csv.read(text)]
    if not lines or len(lines) > LINES_MAX:
        raise Invalid(f"The file holds {len(lines)} lines; 1 to {LINES_MAX} can be brought at a time.")
    try:
        async with db.savepoint():
            brought = await db.one(
                Brought,
                "insert into gallery.brought (id, account_id, kind, overwrite, lines) values (%s, %s, %s, %s, %s) returning *",
                new_id(), me.id, kind, overwrite, json(lines),
            )  # fmt: skip
    except psycopg.errors.UniqueViolation as busy:
        raise Conflict("A file of yours is being worked on already.") from busy
    await jobs.defer(db, "gallery:bring", queue="moving", brought_id=str(brought.id))
    return brought


async def latest(db: Database, me: Person) -> Brought:
    """What one brought last. Raises NotFound where one never did."""
    return await db.one(Brought, "select * from gallery.brought where account_id = %s order by id desc limit 1", me.id)


async def step(db: Database, id_: int) -> bool:
    """Work on the next few lines; whether there is more to do. Each line once, however often a worker dies.
    One bond between people a step at most: see migration 0009."""
    found = await db.maybe(Brought, "select * from gallery.brought where id = %s and finished_at is null for update", id_)
    if found is None:
        return False
    me = await people.by_id(db, found.account_id)
    if found.overwrite and found.done == 0 and await _clear(db, me, found):
        return True
    missing: list[list[str]] = []
    done = found.done
    for line in found.lines[found.done : found.done + STEP]:
        done += 1
        try:
            async with db.savepoint():
                await _bring(db, me, found.kind, line)
        except (Trouble, psycopg.DataError, psycopg.IntegrityError) as why:
            missing.append([" ".join(line)[:CELL_LENGTH_MAX], why.said if isinstance(why, Trouble) else Trouble.said])
        else:
            if found.kind in BONDS:
                break
    await db.execute(
        "update gallery.brought set done = %s, missing = missing || %s, finished_at = case when %s then now() end where id = %s",
        done, json(missing), done == len(found.lines), id_,
    )  # fmt: skip
    return done < len(found.lines)


async def carry_on(db: Database) -> None:
    """Put what a worker left half done back into the queue, and give up what could not be finished in WAIT_MAX."""
    await db.execute(
        """update gallery.brought set finished_at = now(), missing = missing || %s where finished_at is null and id < %s""",
        json([["", "The rest of the file could not be read. Bring it again."]]), before(datetime.now(UTC) - WAIT_MAX),
    )  # fmt: skip
    for id_ in await db.values("select id from gallery.brought where finished_at is null order by id limit 50"):
        if not await jobs.under_way(db, "gallery:bring", brought_id=str(id_)):
            await jobs.defer(db, "gallery:bring", once=f"bring:{id_}", queue="moving", brought_id=str(id_))


async def _bring(db: Database, me: Person, kind: Kind, line: list[str]) -> None:
    if kind == "bookmarks":
        post_id = names.post_at(line[0])
        if post_id is None:
            raise Invalid("That is no post of this house.")
        await reactions.bookmark(db, me, post_id)
        return
    other = await _someone(db, line[1] if kind == "lists" and len(line) > 1 else line[0])
    if kind == "following":
        languages = [code.strip() for code in _cell(line, 3).split(",") if code.strip()]
        await graph.follow(db, me, other, Wishes(_cell(line, 1) != "false", _cell(line, 2) == "true", languages))
    elif kind == "blocking":
        await graph.block(db, me, other)
    elif kind == "muting":
        await mutes.mute(db, me, other, notifications=_cell(line, 1) != "false")
    else:
        mine = next((one for one in await lists.of(db, me.id) if one.title == line[0]), None)
        target = mine or await lists.create(db, me, line[0])
        try:
            await lists.add(db, me, target.id, [other.id])
        except Conflict:  # on it already, which is what is wanted
            return


async def _clear(db: Database, me: Person, found: Brought) -> bool:
    """Let go of what is not in the file: of one person, or of everything; whether there may be more."""
    if found.kind == "lists":
        for one in await lists.of(db, me.id):
            await lists.remove(db, me, one.id)
        return False
    if found.kind == "bookmarks":
        kept = [post_id for line in found.lines if (post_id := names.post_at(line[0]))]
        await db.execute("delete from social.bookmarks where account_id = %s and post_id <> all(%s)", me.id, kept)
        return False
    table, other = {
        "following": ("follows", "followed_id"), "blocking": ("blocks", "blocked_id"), "muting": ("mutes", "muted_id"),
    }[found.kind]  # fmt: skip
    own = "follower_id" if found.kind == "following" else "account_id"
    wanted = [names.person_named(line[0]).lower() for line in found.lines]
    undo = {"following": graph.unfollow, "blocking": graph.unblock, "muting": mutes.unmute}[found.kind]
    id_ = await db.value(
        f"""select t.{other} from social.{table} t join accounts.people a on a.id = t.{other}
            where t.{own} = %s and a.deleted_at is null and lower(a.username::text) <> all(%s) limit 1""",
        me.id, wanted,
    )  # fmt: skip
    if id_ is not None:
        await undo(db, me, await people.by_id(db, id_))
    return id_ is not None


async def _someone(db: Database, said: str) -> Person:
    """Who is meant. Raises NotFound in words for someone who is not here."""
    try:
        return await people.by_name(db, names.person_named(said))
    except Trouble as unknown:
        raise Invalid("Nobody here is called so.") from unknown


def _cell(line: list[str], place: int) -> str:
    return line[place].lower() if len(line) > place else ""
