"""A private talk with the assistant: a tree of messages of which one branch is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bowerbird.accounts.people import Person
from bowerbird.assistant.router import TIERS
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, TooMany
from bowerbird.core.ids import new_id
from bowerbird.events import consent

CONVERSATIONS_MAX = 2_000
TITLE_LENGTH_MAX = 120
PAGE_MAX = 80
QUERY_LENGTH_MAX = 200
TEACHES: tuple[consent.Purpose, ...] = ("train_assistant_feedback", "train_assistant_conversations", "public_dataset")
COLUMNS = "id, account_id, title, by_hand, tier, head_id, summary, summary_up_to, archived_at, updated_at"


@dataclass(frozen=True, slots=True)
class Conversation:
    """One of them. `tier` "": the router decides; `head_id` is the last message of the branch that is shown."""

    id: int
    account_id: int
    title: str
    by_hand: bool
    tier: str
    head_id: int | None
    summary: str
    summary_up_to: int | None
    archived_at: datetime | None
    updated_at: datetime


async def of(
    db: Database, me: Person, *, archived: bool = False, query: str = "", after_id: int | None = None, limit: int = 40
) -> list[Conversation]:
    """One's own, the last used first; with `query`, those whose title or messages hold the words; after another one of the list."""
    where, args = "", list[object]()
    if query.strip():
        where += """ and (c.title ilike %s or exists (select 1 from assistant.messages m
            where m.conversation_id = c.id and m.words @@ websearch_to_tsquery('simple', %s)))"""
        said = query.replace("\x00", "").strip()[:QUERY_LENGTH_MAX]
        args += [f"%{said.replace('%', '').replace('_', ' ')}%", said]
    if after_id is not None:
        where += " and (c.updated_at, c.id) < (select a.updated_at, a.id from assistant.conversations a where a.id = %s and a.account_id = %s)"
        args += [after_id, me.id]
    return await db.many(
        Conversation,
        f"""select {COLUMNS} from assistant.conversations c where c.account_id = %s and (c.archived_at is not null) = %s{where}
            order by c.updated_at desc, c.id desc limit {max(1, min(limit, PAGE_MAX))}""",
        me.id, archived, *args,
    )  # fmt: skip


async def own(db: Database, me: Person, id_: int) -> Conversation:
    """One of them. Raises NotFound for another's."""
    return await db.one(
        Conversation, f"select {COLUMNS} from assistant.conversations where id = %s and account_id = %s", id_, me.id
    )


async def begin(db: Database, me: Person, title: str, tier: str = "") -> Conversation:
    """A new one. Raises TooMany past CONVERSATIONS_MAX."""
    if await db.value("select count(*) from assistant.conversations where account_id = %s", me.id) >= CONVERSATIONS_MAX:
        raise TooMany(f"Up to {CONVERSATIONS_MAX} conversations are kept. Delete one first.")
    return await db.one(
        Conversation,
        f"insert into assistant.conversations (id, account_id, title, tier) values (%s, %s, %s, %s) returning {COLUMNS}",
        new_id(), me.id, _line(title), known(tier),
    )  # fmt: skip


async def rename(db: Database, me: Person, id_: int, title: str) -> Conversation:
    """Another title. Raises NotFound or Invalid."""
    title = _line(title)
    if not title:
        raise Invalid("Give it a name of at least one letter.")
    return await db.one(
        Conversation,
        f"update assistant.conversations set title = %s, by_hand = true where id = %s and account_id = %s returning {COLUMNS}",
        title, id_, me.id,
    )  # fmt: skip


async def choose(db: Database, me: Person, id_: int, tier: str) -> Conversation:
    """Have a tier answer from now on ("": the router decides), here and in the next new conversation. Raises NotFound or Invalid."""
    await prefer(db, me, tier)
    return await db.one(
        Conversation,
        f"update assistant.conversations set tier = %s where id = %s and account_id = %s returning {COLUMNS}",
        known(tier), id_, me.id,
    )  # fmt: skip


async def prefer(db: Database, me: Person, tier: str) -> None:
    """Remember the tier chosen last."""
    await db.execute(
        """insert into assistant.habits (account_id, tier) values (%s, %s)
           on conflict (account_id) do update set tier = excluded.tier""",
        me.id, known(tier),
    )  # fmt: skip


async def preferred(db: Database, me: Person) -> str:
    """The tier chosen last, "" for none."""
    return await db.value("select tier from assistant.habits where account_id = %s", me.id) or ""


async def archive(db: Database, me: Person, id_: int, *, archived: bool) -> Conversation:
    """Put it away, or take it out again. Raises NotFound."""
    return await db.one(
        Conversation,
        f"""update assistant.conversations set archived_at = case when %s then coalesce(archived_at, now()) end
            where id = %s and account_id = %s returning {COLUMNS}""",
        archived, id_, me.id,
    )  # fmt: skip


async def delete(db: Database, me: Person, id_: int) -> None:
    """Delete it with all its messages, for good. Raises NotFound."""
    await own(db, me, id_)
    await db.execute("delete from assistant.conversations where id = %s and account_id = %s", id_, me.id)


async def consents(db: Database, me: Person, id_: int) -> dict[str, bool | None]:
    """What is said of whether it may teach; None where the account's word counts. Raises NotFound."""
    await own(db, me, id_)
    said = await consent.of_item(db, "conversation", id_)
    return {purpose: said[purpose] for purpose in TEACHES}


async def consent_to(db: Database, me: Person, id_: int, answers: dict[str, bool | None]) -> None:
    """Say whether it may teach; None: as for the account. Raises NotFound or Invalid."""
    await own(db, me, id_)
    if strange := [purpose for purpose in answers if purpose not in TEACHES]:
        raise Invalid(f"Of a conversation one can say {', '.join(TEACHES)}; not “{strange[0][:40]}”.")
    await consent.say_of_item(db, me.id, "conversation", id_, answers)


def known(tier: str) -> str:
    """A tier from outside, "" for none chosen. Raises Invalid."""
    if tier and tier not in TIERS:
        raise Invalid(f"The tiers are {', '.join(TIERS)}.")
    return tier


def _line(title: str) -> str:
    return " ".join(title.replace("\x00", "").split())[:TITLE_LENGTH_MAX]
