"""Whose notifications one wants at once, whose wait behind a request, and whose never come."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import before

NEW_ACCOUNT_DAYS = 30
VERDICTS = ("accept", "filter", "drop")


@dataclass(frozen=True, slots=True)
class Policy:
    """What happens to notifications from each kind of person: accept, filter or drop. Nobody here is limited so far."""

    not_following: str = "accept"
    not_followers: str = "accept"
    new_accounts: str = "accept"
    private_mentions: str = "accept"
    limited_accounts: str = "accept"


NAMES = tuple(field.name for field in fields(Policy))

# what becomes of a notification: over `w.account_id` (who is told), their policy `y`, `t` (kind, from_id) and its post `p`.
# The end of a poll or a challenge, an appeal's outcome and a change of a post one took part in always come, and so does
# what someone welcomed or of the staff did.
VERDICT = """case
    when y.account_id is null or t.kind in ('poll', 'update', 'status', 'challenge', 'appeal') then 'accept'
    when exists (select 1 from social.follows where follower_id = w.account_id and followed_id = t.from_id) then
        case when exists (select 1 from social.follows where follower_id = t.from_id and followed_id = w.account_id)
            then 'accept' else y.not_followers end
    when exists (select 1 from social.welcomed where account_id = w.account_id and from_id = t.from_id)
        or exists (select 1 from accounts.people where id = t.from_id and role <> 'user') then 'accept'
    else (select coalesce(min(v) filter (where v = 'drop'), min(v) filter (where v = 'filter'), 'accept') from (values
        (y.not_following),
        (case when not exists (select 1 from social.follows where follower_id = t.from_id and followed_id = w.account_id)
            then y.not_followers end),
        (case when t.from_id > t.new_since then y.new_accounts end),
        (case when p.visibility = 'direct' and not exists (
                select 1 from social.posts r where r.id = p.reply_to_id and r.author_id = w.account_id)
            then y.private_mentions end)) c(v))
    end"""


def new_since() -> int:
    """Accounts with a larger id are new."""
    return before(datetime.now(UTC) - timedelta(days=NEW_ACCOUNT_DAYS))


async def of(db: Database, me: Person) -> Policy:
    """What someone has chosen; everything is accepted where they have not."""
    found = await db.maybe(Policy, f"select {', '.join(NAMES)} from social.policies where account_id = %s", me.id)
    return found or Policy()


async def change(db: Database, me: Person, said: dict[str, str]) -> Policy:
    """Choose anew what is given and keep the rest. Raises Invalid."""
    if any(name not in NAMES or verdict not in VERDICTS for name, verdict in said.items()):
        raise Invalid(f"A policy says {', '.join(VERDICTS)} for {', '.join(NAMES)}.")
    await db.execute("insert into social.policies (account_id) values (%s) on conflict do nothing", me.id)
    return await db.one(
        Policy,
        f"""update social.policies set {", ".join(f"{name} = coalesce(%s, {name})" for name in NAMES)}
            where account_id = %s returning {", ".join(NAMES)}""",
        *(said.get(name) for name in NAMES), me.id,
    )  # fmt: skip
