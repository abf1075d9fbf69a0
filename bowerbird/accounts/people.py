"""Who someone is: the account everyone else sees."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import psycopg

from bowerbird.accounts import passwords
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict, Invalid
from bowerbird.core.ids import new_id
from bowerbird.events import kinds, log

Role = Literal["user", "moderator", "admin"]
Audience = Literal["everyone", "followers", "no_one"]
AUDIENCES = ("everyone", "followers", "no_one")
PERMISSIONS = ("reply", "quote", "remix", "ai_reply", "ai_read")
USERNAME = re.compile(r"[a-z0-9_]{2,30}", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
RESERVED = frozenset(
    [
        "admin",
        "administrator",
        "api",
        "bower",
        "bowerbird",
        "help",
        "me",
        "moderator",
        "root",
        "settings",
        "signin",
        "signup",
        "static",
        "studio",
        "support",
        "system",
    ]
)
DISPLAY_NAME_LENGTH_MAX = 50
BIO_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True)
class Person:
    """An account. `avatar_id` and `header_id` are attachments; the `may_…` say what others, and the assistant, may do with their posts; the counts
    and `last_post_at` are kept by triggers (migration 0009), so that showing someone costs no counting."""

    id: int
    username: str
    email: str | None
    password_hash: str | None
    display_name: str
    bio: str
    role: Role
    avatar_id: int | None
    header_id: int | None
    may_reply: Audience
    may_quote: Audience
    may_remix: Audience
    may_ai_reply: Audience
    default_visibility: str
    deleted_at: datetime | None
    locked: bool = False  # who wants to follow asks first
    bot: bool = False
    discoverable: bool = True  # may be suggested and listed
    indexable: bool = True  # public posts may be found by their words
    hide_collections: bool = False  # who follows and is followed is not shown
    fields: list[dict[str, str]] = field(default_factory=list[dict[str, str]])  # [{"name", "value"}]
    default_sensitive: bool = False
    default_language: str | None = None
    followers_count: int = 0
    following_count: int = 0
    posts_count: int = 0
    last_post_at: datetime | None = None
    searchable: bool = False  # search engines may keep their pages
    may_ai_read: Audience = "everyone"  # or no one: whether the assistant reads their posts to others

    @property
    def name(self) -> str:
        """What to call them."""
        return self.display_name or self.username


async def create(
    db: Database, username: str, *, email: str | None, password: str | None, display_name: str = "", role: Role = "user"
) -> Person:
    """A new account. Raises Invalid or Conflict with a sentence for the person. The caller has checked that they may join."""
    username = username.strip()
    if not USERNAME.fullmatch(username):
        raise Invalid("A name has 2 to 30 letters, digits or underscores.")
    if username.lower() in RESERVED and role == "user":
        raise Conflict(f"“{username}” is kept for the house. Choose another name.")
    if email is not None and not EMAIL.fullmatch(email.strip()):
        raise Invalid("That does not look like an e-mail address.")
    hashed = await passwords.hashed(password) if password is not None else None
    try:
        async with db.savepoint():
            person = await db.one(
                Person,
                "insert into accounts.people (id, username, email, password_hash, display_name, role) values (%s, %s, %s, %s, %s, %s) returning *",
                new_id(), username, email.strip() if email else None, hashed, _display_name(display_name), role,
            )  # fmt: skip
    except psycopg.errors.UniqueViolation as taken:
        which = "e-mail address" if "email" in str(taken) else "name"
        raise Conflict(f"That {which} is taken. Choose another, or sign in.") from taken
    await log.record(db, kinds.AccountCreated(actor_id=person.id, item_id=person.id))
    return person


async def of_house(db: Database, username: str, display_name: str, bio: str, fields: list[dict[str, str]]) -> Person:
    """The house's own labelled account by a reserved name, made where it is not there yet. Nobody can sign in as it."""
    assert username in RESERVED
    await db.execute(
        """insert into accounts.people (id, username, display_name, bio, bot, fields, discoverable) values (%s, %s, %s, %s, true, %s, false)
           on conflict do nothing""",
        new_id(), username, display_name, bio, json(fields),
    )  # fmt: skip
    return await db.one(Person, "select * from accounts.people where username = %s", username)


async def by_id(db: Database, id_: int) -> Person:
    """The person with this id. Raises NotFound."""
    return await db.one(Person, "select * from accounts.people where id = %s and deleted_at is null", id_)


async def by_name(db: Database, username: str) -> Person:
    """The person called `username`, whatever its case. Raises NotFound."""
    return await db.one(Person, "select * from accounts.people where username = %s::citext and deleted_at is null", username)


async def by_login(db: Database, login: str) -> Person | None:
    """The person whose name or e-mail address this is."""
    return await db.maybe(
        Person,
        "select * from accounts.people where (username = %s::citext or email = %s::citext) and deleted_at is null",
        login,
        login,
    )


async def of(db: Database, ids: Sequence[int]) -> dict[int, Person]:
    """The people with these ids, by id."""
    if not ids:
        return {}
    return {p.id: p for p in await db.many(Person, "select * from accounts.people where id = any(%s)", list(ids))}


async def search(
    db: Database, words: str, *, limit: int = 20, offset: int = 0, among: Sequence[int] | None = None
) -> list[Person]:
    """People whose name begins with, contains or resembles `words`: the name itself first, then beginnings, then the closest."""
    bare = words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return await db.many(
        Person,
        """select * from accounts.people where deleted_at is null
               and (username::text ilike %s or display_name ilike %s or (length(%s::text) > 2 and username::text %% %s))
               and (%s::bigint[] is null or id = any(%s))
           order by username = %s::citext desc, (username::text ilike %s or display_name ilike %s) desc,
               greatest(similarity(username::text, %s), similarity(display_name, %s)) desc, followers_count desc, id
           limit %s offset %s""",
        f"%{bare}%", f"%{bare}%", words, words, among, among, words, f"{bare}%", f"{bare}%", words, words, limit, offset,
    )  # fmt: skip


async def edit(
    db: Database,
    person: Person,
    *,
    display_name: str | None = None,
    bio: str | None = None,
    avatar_id: int | None = None,
    header_id: int | None = None,
    default_visibility: str | None = None,
) -> Person:
    """Change what is given and keep the rest. Raises Invalid when something does not fit."""
    if bio is not None and len(bio) > BIO_LENGTH_MAX:
        raise Invalid(f"A bio has up to {BIO_LENGTH_MAX} characters; this one has {len(bio)}.")
    if default_visibility is not None and default_visibility not in ("public", "unlisted", "followers", "direct"):
        raise Invalid("Visibility is public, unlisted, followers or direct.")
    return await db.one(
        Person,
        """update accounts.people set display_name = coalesce(%s, display_name), bio = coalesce(%s, bio),
               avatar_id = coalesce(%s, avatar_id), header_id = coalesce(%s, header_id),
               default_visibility = coalesce(%s, default_visibility)
           where id = %s returning *""",
        None if display_name is None else _display_name(display_name),
        None if bio is None else bio.replace("\x00", "").strip(),
        avatar_id, header_id, default_visibility, person.id,
    )  # fmt: skip


async def take_down(db: Database, person: Person, which: str) -> None:
    """Have no `avatar` or `header` any more."""
    assert which in ("avatar", "header")
    await db.execute(f"update accounts.people set {which}_id = null where id = %s", person.id)


async def permit(db: Database, person: Person, permissions: dict[str, str]) -> Person:
    """Say who may reply, quote, remix, have the assistant reply or read. Raises Invalid for an unknown key or audience."""
    for key, audience in permissions.items():
        if key not in PERMISSIONS or audience not in AUDIENCES:
            raise Invalid(f"Permissions are {', '.join(PERMISSIONS)}; each is everyone, followers or no_one.")
        if key == "ai_read" and audience == "followers":
            raise Invalid("The assistant reads for everyone alike: ai_read is everyone or no_one.")
    return await db.one(
        Person,
        """update accounts.people set may_reply = coalesce(%s, may_reply), may_quote = coalesce(%s, may_quote),
               may_remix = coalesce(%s, may_remix), may_ai_reply = coalesce(%s, may_ai_reply), may_ai_read = coalesce(%s, may_ai_read)
           where id = %s returning *""",
        *(permissions.get(key) for key in PERMISSIONS), person.id,
    )  # fmt: skip


async def change_password(db: Database, person: Person, old: str | None, new: str) -> None:
    """A new password, after the old one was shown. Raises Invalid when the old one is wrong or the new one too weak."""
    if person.password_hash is not None and not await passwords.fits(person.password_hash, old or ""):
        raise Invalid("The current password is not right.")
    await db.execute("update accounts.people set password_hash = %s where id = %s", await passwords.hashed(new), person.id)


def _display_name(text: str) -> str:
    text = " ".join(text.replace("\x00", "").split())
    if len(text) > DISPLAY_NAME_LENGTH_MAX:
        raise Invalid(f"A display name has up to {DISPLAY_NAME_LENGTH_MAX} characters.")
    return text


def audience_of(value: str) -> Audience:
    """A checked audience. Raises Invalid."""
    for audience in AUDIENCES:
        if audience == value:
            return audience
    raise Invalid("An audience is everyone, followers or no_one.")
