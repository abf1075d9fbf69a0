"""Whom someone follows, blocks, mutes and keeps in lists, and what they bookmarked, as the files Mastodon writes and reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.settings import settings

FOLLOWING = ("Account address", "Show boosts", "Notify on new posts", "Languages")
MUTED = ("Account address", "Hide notifications")
FOLLOWERS = ("Account address",)


def address(username: str) -> str:
    """name@this.house."""
    return f"{username}@{urlsplit(settings().origin).netloc}"


async def files(db: Database, account_id: int) -> dict[str, str]:
    """Every file by its name."""
    followed = await db.rows(
        """select a.username, f.reblogs, f.notify, array_to_string(f.languages, ', ') from social.follows f
               join accounts.people a on a.id = f.followed_id where f.follower_id = %s order by f.id""",
        account_id,
    )
    followers = await _names(db, "social.follows", "follower_id", "followed_id", account_id)
    blocked = await _names(db, "social.blocks", "blocked_id", "account_id", account_id)
    muted = await db.rows(
        "select a.username, m.notifications from social.mutes m join accounts.people a on a.id = m.muted_id where m.account_id = %s order by m.id",
        account_id,
    )
    listed = await db.rows(
        """select l.title, a.username from social.lists l join social.list_members m on m.list_id = l.id
               join accounts.people a on a.id = m.account_id where l.owner_id = %s order by l.id, a.id""",
        account_id,
    )
    kept = await db.values("select post_id from social.bookmarks where account_id = %s order by id", account_id)
    return {
        "following_accounts.csv": _csv(
            [FOLLOWING, *((address(n), _said(b), _said(t), langs or "") for n, b, t, langs in followed)]
        ),
        "followers.csv": _csv([FOLLOWERS, *((address(name),) for name in followers)]),
        "blocked_accounts.csv": _csv([(address(name),) for name in blocked]),
        "muted_accounts.csv": _csv([MUTED, *((address(name), _said(hidden)) for name, hidden in muted)]),
        "lists.csv": _csv([(title, address(name)) for title, name in listed]),
        "bookmarks.csv": _csv([(f"{settings().origin}/posts/{post_id}",) for post_id in kept]),
    }


def read(text: str) -> list[list[str]]:
    """The rows of such a file, without its header and empty lines. Raises Invalid for what is none."""
    plain = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(plain)) if any(map(str.strip, row))]
    except csv.Error as broken:
        raise Invalid("That is no CSV file: a cell of it has no end.") from broken
    return rows[1:] if rows and rows[0][0].lower().startswith("account address") else rows


async def _names(db: Database, table: str, other: str, own: str, account_id: int) -> Sequence[str]:
    return await db.values(
        f"select a.username from {table} t join accounts.people a on a.id = t.{other} where t.{own} = %s order by t.id",
        account_id,
    )


def _said(value: bool) -> str:
    return "true" if value else "false"


def _csv(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
