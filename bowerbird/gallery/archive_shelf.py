"""What an archive holds of the studio's shelf and of challenges: favourites, bowers, styles, entries and hearts given."""

from __future__ import annotations

from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.ids import at
from bowerbird.core.settings import settings


async def files(db: Database, me: Person) -> dict[str, Any]:
    """What each file says, by its name."""
    return {
        "favourites.json": await _favourites(db, me.id),
        "bowers.json": await _bowers(db, me.id),
        "styles.json": await _styles(db, me.id),
        "challenge_entries.json": await _entries(db, me.id),
        "challenge_votes.json": await _votes(db, me.id),
    }


def _address(noun: str, id_: int | None) -> str | None:
    return f"{settings().origin}/{noun}/{id_}" if id_ else None


async def _favourites(db: Database, account_id: int) -> list[dict[str, Any]]:
    rows = await db.rows("select id, picture_id from studio.favourites where account_id = %s order by id", account_id)
    return [{"picture": _address("pictures", picture_id), "kept_at": at(id_)} for id_, picture_id in rows]


async def _bowers(db: Database, account_id: int) -> list[dict[str, Any]]:
    rows = await db.rows(
        """select b.id, b.name, b.about, b.visibility, b.cover_id,
               array(select picture_id from gallery.bower_pictures where bower_id = b.id order by position, picture_id)
           from gallery.bowers b where b.account_id = %s order by b.id""",
        account_id,
    )
    return [
        {"id": _address("bowers", id_), "name": name, "about": about, "visibility": visibility, "cover": _address("pictures", cover_id),
         "pictures": [_address("pictures", picture_id) for picture_id in picture_ids], "made_at": at(id_)}
        for id_, name, about, visibility, cover_id, picture_ids in rows
    ]  # fmt: skip


async def _styles(db: Database, account_id: int) -> list[dict[str, Any]]:
    rows = await db.rows(
        """select id, name, about, words_before, words_after, leave_out, medium, tier, strength, example_id, forked_from, version, published_at
           from studio.presets where author_id = %s order by id""",
        account_id,
    )
    return [
        {"id": _address("styles", id_), "name": name, "about": about, "words_before": before, "words_after": after, "leave_out": leave_out,
         "medium": medium, "tier": tier, "strength": strength, "example": _address("pictures", example_id),
         "forked_from": _address("styles", forked_from), "version": version, "published_at": published_at, "made_at": at(id_)}
        for id_, name, about, before, after, leave_out, medium, tier, strength, example_id, forked_from, version, published_at in rows
    ]  # fmt: skip


async def _entries(db: Database, account_id: int) -> list[dict[str, Any]]:
    rows = await db.rows(
        """select e.id, c.id, c.day, c.title, e.post_id, e.votes, e.score, e.place
           from gallery.challenge_entries e join studio.challenges c on c.id = e.challenge_id where e.account_id = %s order by e.id""",
        account_id,
    )
    return [
        {"challenge": _address("challenges", challenge_id), "day": day, "title": title, "post": _address("posts", post_id), "entered_at": at(id_),
         "votes": votes, "score": score, "place": place}
        for id_, challenge_id, day, title, post_id, votes, score, place in rows
    ]  # fmt: skip


async def _votes(db: Database, account_id: int) -> list[dict[str, Any]]:
    rows = await db.rows(
        """select v.id, e.challenge_id, e.post_id from gallery.challenge_votes v join gallery.challenge_entries e on e.id = v.entry_id
           where v.account_id = %s order by v.id""",
        account_id,
    )
    return [
        {"challenge": _address("challenges", challenge_id), "post": _address("posts", post_id), "given_at": at(id_)}
        for id_, challenge_id, post_id in rows
    ]
