"""The log of what was decided about words and pictures, by which rule: only added to. What was allowed is not written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, json
from bowerbird.core.errors import TooMany
from bowerbird.core.ids import at, before, new_id
from bowerbird.core.paging import Page
from bowerbird.core.settings import settings
from bowerbird.moderation import policy
from bowerbird.moderation.policy import Rule, Stage, Verdict

WORDS_LENGTH_MAX = 2_000
WINDOW_S = 3600
COUNTED_DAYS = 30
COLUMNS = "id, account_id, stage, decision, rule_id, rules_version, rules_hash, engine, scores, words, subject_id"


@dataclass(frozen=True, slots=True)
class Decided:
    """One line of the log. `words` are gone after some days, or when their author left."""

    id: int
    account_id: int | None
    stage: Stage
    decision: Literal["label", "hold", "refuse"]
    rule_id: str
    rules_version: int
    rules_hash: str
    engine: str
    scores: dict[str, Any]
    words: str | None
    subject_id: int | None

    @property
    def made_at(self) -> datetime:
        """When it was decided."""
        return at(self.id)

    @property
    def rule(self) -> Rule | None:
        """The rule, where there still is one of that name."""
        return next((rule for rule in policy.rules().rules if rule.id == self.rule_id), None)


async def record(
    db: Database, account_id: int, stage: Stage, verdict: Verdict, scores: Mapping[str, float], digest: bytes, *,
    engine: str = "", words: str = "", subject_id: int | None = None,
) -> Decided:  # fmt: skip
    """Write one down."""
    assert verdict.rule
    return await db.one(
        Decided,
        f"""insert into moderation.decisions
                (id, account_id, stage, decision, rule_id, rules_version, rules_hash, engine, scores, digest, words, subject_id)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning {COLUMNS}""",
        new_id(), account_id, stage, verdict.decision, verdict.rule.id, policy.rules().version, policy.digest(), engine[:80],
        json(dict(scores)), digest, words[:WORDS_LENGTH_MAX].replace("\x00", "") or None, subject_id,
    )  # fmt: skip


async def own(db: Database, me: Person, id_: int) -> Decided:
    """One's own. Raises NotFound for another's."""
    return await db.one(Decided, f"select {COLUMNS} from moderation.decisions where id = %s and account_id = %s", id_, me.id)


async def of(db: Database, me: Person, *, before_id: int | None = None, limit: int = 20) -> list[Decided]:
    """What was decided about somebody's words and pictures, the newest first."""
    more = Page(before_id).clause("id")
    return await db.many(
        Decided, f"select {COLUMNS} from moderation.decisions where account_id = %s{more.sql} order by id desc limit %s",
        me.id, *more.args, min(limit, 80),
    )  # fmt: skip


async def stopped(db: Database, me: Person, subject_id: int) -> list[Decided]:
    """What was not kept of one's generation."""
    return await db.many(
        Decided,
        f"""select {COLUMNS} from moderation.decisions
            where subject_id = %s and account_id = %s and decision <> 'label' order by id limit 20""",
        subject_id, me.id,
    )  # fmt: skip


async def labels(db: Database, subject_id: int) -> list[str]:
    """By which rules' labels a generation goes on."""
    return await db.values(
        "select rule_id from moderation.decisions where subject_id = %s and decision = 'label' order by id limit 20", subject_id
    )


async def by_ids(db: Database, ids: Sequence[int]) -> list[Decided]:
    """Some of them, in no order: for those who keep the house."""
    return await db.many(Decided, f"select {COLUMNS} from moderation.decisions where id = any(%s)", list(ids))


async def latest(db: Database, *, limit: int = 50) -> list[Decided]:
    """The end of the log, the newest first: for those who keep the house."""
    return await db.many(Decided, f"select {COLUMNS} from moderation.decisions order by id desc limit %s", min(limit, 1000))


async def slow_down(db: Database, me: Person) -> None:
    """Raises TooMany for somebody whose prompts were refused again and again within the hour."""
    most = settings().safety_refusals_per_hour_max
    since = before(datetime.now(UTC) - timedelta(seconds=WINDOW_S))
    ids: list[int] = await db.values(
        """select id from moderation.decisions where account_id = %s and id > %s and stage = 'words' and decision <> 'label'
           and rule_id <> %s order by id desc limit %s""",
        me.id, since, policy.UNSEEN, most,
    )  # fmt: skip
    if len(ids) >= most:
        left_s = max(1, WINDOW_S - int((datetime.now(UTC) - at(ids[-1])).total_seconds()))
        raise TooMany(
            f"{most} of your prompts were refused within an hour. Read the rules under About → Safety, and go on in {left_s // 60 + 1} minutes.",
            retry_after_s=left_s,
        )


async def counted(db: Database) -> list[tuple[str, str, int]]:
    """(rule, decision, how often) of the last 30 days, for everyone to read."""
    since = before(datetime.now(UTC) - timedelta(days=COUNTED_DAYS))
    rows = await db.rows(
        "select rule_id, decision, count(*) from moderation.decisions where id > %s group by 1, 2 order by 3 desc, 1 limit 100",
        since,
    )
    return [(str(rule), str(decision), int(times)) for rule, decision, times in rows]


async def forget_words(db: Database) -> int:
    """Words whose time is over, and those of people who left; none that an appeal waits for."""
    return await db.execute(
        """update moderation.decisions d set words = null where words is not null
           and (id < %s or not exists (select 1 from accounts.people p where p.id = d.account_id and p.deleted_at is null))
           and not exists (select 1 from moderation.appeals a where a.decision_id = d.id and a.state = 'waiting')""",
        before(datetime.now(UTC) - timedelta(days=settings().safety_words_days)),
    )


async def granted(db: Database, account_id: int, digest: bytes) -> Sequence[str]:
    """The rules that a person in charge let pass for exactly this, after an appeal."""
    return await db.values(
        """select d.rule_id from moderation.decisions d join moderation.appeals a on a.decision_id = d.id
           where d.account_id = %s and d.digest = %s and a.state = 'granted' limit 20""",
        account_id, digest,
    )  # fmt: skip
