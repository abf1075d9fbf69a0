"""Watches the comparison that runs: counts what came of both rankers' posts, looks at the guard rails, and ends it when it is decided. A chore of the
worker; done twice it does no harm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from bowerbird.core.database import Database, json
from bowerbird.core.ids import before
from bowerbird.core.settings import settings
from bowerbird.feed import comparisons, figures, rankers, reigns, stock, stream
from bowerbird.feed.acts import Act
from bowerbird.feed.comparisons import Comparison
from bowerbird.feed.figures import Figures
from bowerbird.feed.guards import Guard
from bowerbird.feed.tally import About, Shown, Tally, tally

PEOPLE_AT_ONCE = 1_000
OVERLAP = timedelta(seconds=10)  # ids are made before their transactions commit
LASTS = timedelta(days=28)  # pages are kept for thirty
PAGES_MAX = 2_000
SOONEST = timedelta(days=1)  # nothing is promoted unasked before it has seen every hour of the day
PROBATION_SHARE = 0.5
KNOWN_MAX = 50_000
BROKE = {
    "hides": "“not for me” was said of the {team}’s posts more often", "reports": "the {team}’s posts were reported more often",
    "authors": "the {team} shows each person too much of single authors", "topics": "the {team} shows each person fewer topics",
    "repeats": "the {team} shows the same posts again more often", "latency": "pages take too long to lay out",
}  # fmt: skip
_known: dict[int, About] = {}


async def watch(db: Database) -> None:
    """Look once, and let the setting decide whether a winner is promoted without being asked."""
    await look(db, automatic=settings().feed_promotion == "auto")


async def look(db: Database, *, automatic: bool) -> Comparison | None:
    """Count, judge, and end the comparison where it is decided; how it stands then. None where none runs, or another worker looks."""
    one = await db.maybe(Comparison, "select * from feed.comparisons where state = 'running' for update skip locked")
    if one is None:
        return None
    if (why := await _overtaken(db, one)) is not None:
        return await comparisons.end(db, None, one.id, "stopped", why)
    told = await _count(db, one)
    if (broken := told.breached) and not one.probation:
        return await comparisons.end(db, None, one.id, "stopped", _broke(broken, "challenger"))
    if one.probation:
        return await _on_probation(db, one, told, automatic=automatic)
    if told.won and automatic and datetime.now(UTC) - one.started_at > SOONEST:
        champion = await rankers.by_id(db, one.champion_id)
        found = await comparisons.promote(db, None, one.id, "Promoted by itself: it is better.")
        await comparisons.start(db, None, champion.name, PROBATION_SHARE, probation=True)
        return found
    return await _lost_or_too_long(db, one, told)


async def _overtaken(db: Database, one: Comparison) -> str | None:
    """Why it cannot go on: the feed ranks by something else than what it began with."""
    champion, began_with = await reigns.champion(db), await rankers.by_id(db, one.champion_id)
    if champion.defined.hash != began_with.hash:
        return "What the feed ranks by was changed meanwhile."
    challenger = await rankers.by_id(db, one.challenger_id)
    return "What the challenger ranks by was changed meanwhile." if challenger.defined.hash != challenger.hash else None


async def _on_probation(db: Database, one: Comparison, told: Figures, *, automatic: bool) -> Comparison:
    """The promoted ranker is the champion here: it goes where it breaks a guard rail, or where what it took the place of is better after all."""
    worse = [guard for guard in told.guards if guard.reversed]
    if automatic and (worse or told.won):
        why = _broke(worse, "promoted ranker") if worse else "Rolled back by itself: what it took the place of is better."
        return await comparisons.promote(db, None, one.id, why)
    if told.breached:
        return await comparisons.end(db, None, one.id, "stopped", _broke(told.breached, "former ranker"))
    return await _lost_or_too_long(db, one, told)


async def _lost_or_too_long(db: Database, one: Comparison, told: Figures) -> Comparison:
    if told.lost:
        return await comparisons.end(db, None, one.id, "rejected", "The challenger is worse.")
    if datetime.now(UTC) - one.started_at > LASTS and not told.won:
        return await comparisons.end(db, None, one.id, "rejected", f"No difference was found in {LASTS.days} days.")
    return await comparisons.by_id(db, one.id)


def _broke(broken: Sequence[Guard], team: str) -> str:
    said = "; ".join(BROKE[guard.name].format(team=team) for guard in broken)
    return f"A guard rail: {said}."


async def _count(db: Database, one: Comparison) -> Figures:
    """Count those who did something since the last time, and those who had something forgotten, anew; the others stand as they were counted."""
    changed = await db.rows(
        """select l.actor_id, max(l.id) from events.log l where l.id > %s
           and l.kind in ('SlateServed', 'PostDwelt', 'PostHidden', 'PostLiked', 'PostBoosted', 'PostBookmarked', 'AccountFollowed',
                'AccountHidden', 'PictureRemixed', 'PostReported')
           and exists (select 1 from feed.slates s where s.account_id = l.actor_id and s.comparison_id = %s)
           group by 1 order by 2 limit %s""",
        max(one.id - 1, min(one.counted_to, before(datetime.now(UTC) - OVERLAP))), one.id, PEOPLE_AT_ONCE,
    )  # fmt: skip
    await db.execute(
        """delete from feed.tallies t where t.comparison_id = %s and not coalesce(
             (select c.granted from events.consents c where c.account_id = t.account_id and c.purpose = 'personalise'), false)""",
        one.id,
    )
    forgot = await db.values(
        """select t.account_id from feed.tallies t left join feed.beginnings b on b.account_id = t.account_id
           where t.comparison_id = %s and (coalesce(b.after_id, 0) <> t.beginning
             or t.forgotten <> (select count(*) from feed.forgotten f where f.account_id = t.account_id)) limit %s""",
        one.id, PEOPLE_AT_ONCE,
    )  # fmt: skip
    for account_id in dict.fromkeys([*(actor for actor, _ in changed), *forgot]):
        await _recount(db, one.id, account_id)
    told = await db.values("select tally from feed.tallies where comparison_id = %s", one.id)
    spent = await db.values(
        "select spent_ms from feed.slates where comparison_id = %s order by id desc limit %s", one.id, PAGES_MAX
    )
    usual = await db.values(
        """select spent_ms from feed.slates where id between %s and %s and comparison_id is null and spent_ms > 0
           order by id desc limit %s""",
        before(one.started_at - timedelta(days=7)), one.id, PAGES_MAX,
    )  # fmt: skip
    found = figures.read([msgspec.convert(said, Tally) for said in told], spent, usual)
    await comparisons.note(db, one, found, max([one.counted_to, *(newest for _, newest in changed)]))
    return found


async def _recount(db: Database, comparison_id: int, account_id: int) -> None:
    """One person from the beginning of the comparison, out of what may be read of them now."""
    forgotten, beginning = await stream.forgotten(db, account_id)
    acts: list[Act] = []
    after = comparison_id - 1
    while after:
        told, after = await stream.acts(db, after, actor_id=account_id)
        acts += told
    served = [act.slate_id for act in acts if act.kind == "served"]
    pages = [
        Shown(id_, posts, teams)
        for id_, posts, teams in await db.rows(
            "select id, posts, teams from feed.slates where account_id = %s and comparison_id = %s and id = any(%s) order by id",
            account_id, comparison_id, served,
        )
    ]  # fmt: skip
    if not pages:
        await db.execute("delete from feed.tallies where comparison_id = %s and account_id = %s", comparison_id, account_id)
        return
    known = await _about(db, {post for page in pages for post in page.posts})
    await db.execute(
        """insert into feed.tallies (comparison_id, account_id, tally, forgotten, beginning) values (%s, %s, %s, %s, %s)
           on conflict (comparison_id, account_id) do update
           set tally = excluded.tally, forgotten = excluded.forgotten, beginning = excluded.beginning""",
        comparison_id, account_id, json(msgspec.to_builtins(tally(pages, acts, known))), forgotten, beginning,
    )  # fmt: skip


async def _about(db: Database, post_ids: set[int]) -> dict[int, About]:
    """Author and topics of posts; read once by a process, as long as there is room."""
    if len(_known) > KNOWN_MAX:
        _known.clear()
    unknown = [id_ for id_ in post_ids if id_ not in _known]
    if unknown:
        for row in await stock.again(db, unknown):
            _known[row.id] = About(row.author_id, row.item.topics)
    return {id_: _known[id_] for id_ in post_ids if id_ in _known}
