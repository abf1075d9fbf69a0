"""Someone tells the moderators of somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.ids import at, new_id
from bowerbird.events import kinds, log
from bowerbird.moderation import rules as rules_
from bowerbird.social import timelines

Category = Literal["spam", "legal", "violation", "other"]
CATEGORIES: tuple[Category, ...] = ("spam", "legal", "violation", "other")
COMMENT_LENGTH_MAX = 1_000
POSTS_MAX = 50
REPORTS_PER_DAY_MAX = 100


@dataclass(frozen=True, slots=True)
class Report:
    """What `reporter_id` says of `target_id`; open until `closed_at`."""

    id: int
    reporter_id: int
    target_id: int
    category: Category
    comment: str
    post_ids: list[int]
    rule_ids: list[int]
    closed_at: datetime | None

    @property
    def created_at(self) -> datetime:
        """When it was said."""
        return at(self.id)


async def make(
    db: Database,
    me: Person,
    target_id: int,
    *,
    category: str = "other",
    comment: str = "",
    post_ids: Sequence[int] = (),
    rule_ids: Sequence[int] = (),
) -> Report:
    """Tell the moderators. Raises NotFound for somebody, or for posts of theirs, that the reporter cannot see."""
    target = await people.by_id(db, target_id)
    kind = next((known for known in CATEGORIES if known == ("violation" if rule_ids and category == "other" else category)), None)
    if kind is None or len(comment) > COMMENT_LENGTH_MAX or len(post_ids) > POSTS_MAX:
        raise Invalid(f"Say {', '.join(CATEGORIES)}, in up to {COMMENT_LENGTH_MAX} characters and of up to {POSTS_MAX} posts.")
    known_rules = {rule.id for rule in await rules_.of(db)}
    if not known_rules.issuperset(rule_ids):
        raise Invalid("There is no such rule.")
    seen = {post.id: post for post in await timelines.of(db, me.id, list(post_ids)) if post.author_id == target.id}
    if not seen.keys() >= set(post_ids):
        raise NotFound("Some of these posts are not there, or not theirs.")
    await limits.spend(db, f"report:{me.id}", times_max=REPORTS_PER_DAY_MAX, window_s=86_400)
    for post in seen.values():
        await log.record(db, kinds.PostReported(actor_id=me.id, item_id=post.id, visibility=post.visibility))
    return await db.one(
        Report,
        """insert into moderation.reports (id, reporter_id, target_id, category, comment, post_ids, rule_ids)
           values (%s, %s, %s, %s, %s, %s, %s) returning *""",
        new_id(), me.id, target.id, kind, comment.strip(), list(post_ids), list(rule_ids),
    )  # fmt: skip


async def waiting(db: Database, *, limit: int = 100) -> list[Report]:
    """Those nobody has closed, the newest first: for the moderators."""
    return await db.many(
        Report, "select * from moderation.reports where closed_at is null order by id desc limit %s", min(limit, 500)
    )


async def close(db: Database, id_: int) -> Report:
    """It was looked into. Raises NotFound."""
    return await db.one(Report, "update moderation.reports set closed_at = now() where id = %s returning *", id_)
