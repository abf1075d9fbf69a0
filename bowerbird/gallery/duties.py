"""What the EU AI Act asks of this house for its pictures (Article 50), and whether it does so now: every check is made when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Trouble
from bowerbird.core.settings import settings
from bowerbird.media import blobs
from bowerbird.media.provenance import apart, certificate, verdict

SAMPLE = 4
EXPIRES_SOON = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Check:
    """One duty looked at. `good` is None where there was nothing to look at yet."""

    what: str
    good: bool | None
    said: str


async def look(pool: Pool) -> list[Check]:
    """All checks, some seconds: pictures are read back from where they are kept."""
    checks = [_certificate()]
    async with pool.reading() as db:
        newest = await db.rows(
            """select p.id, a.blob, a.width, a.height from studio.pictures p join media.attachments a on a.id = p.media_id
               where a.generated and not a.animated order by p.id desc limit %s""",
            SAMPLE,
        )
        checks += [await _labels(db), await _unsigned(db), await _bots(db)]
    return [checks[0], *(await _read_back(newest)), *checks[1:]]


def _certificate() -> Check:
    what = "Certificate for content credentials"
    try:
        ours = certificate.of(settings())
    except Trouble as wrong:
        return Check(what, False, wrong.said)
    left = ours.ends_at - datetime.now(UTC)
    whose = "made by this house at its first start" if ours.own else "the administrator's own"
    said = f"{ours.name}, {whose}, valid until {ours.ends_at:%d %B %Y} ({left.days} days)."
    return Check(what, left > EXPIRES_SOON, said)


async def _read_back(newest: list[tuple[int, str, int, int]]) -> list[Check]:
    """The newest pictures as they are kept: are their credentials valid, is their mark found."""
    signed = marked = markable = 0
    for picture_id, blob, width, height in newest:
        try:
            seen = await apart.check(await blobs.get(blob))
        except Trouble:
            continue
        said = verdict.said_of(seen.credentials)
        signed += said is not None and said.ours and bool(said.ai)
        if min(width, height) >= 256:  # smaller ones cannot carry a mark that is sure to be read
            markable += 1
            marked += seen.mark is not None and seen.mark.picture_id == picture_id and seen.mark.instance == seen.known
    if not newest:
        none = "Nothing was made here yet."
        return [Check("Machine-readable marking: content credentials", None, none), Check("Invisible mark", None, none)]
    return [
        Check(
            "Machine-readable marking: content credentials", signed == len(newest),
            f"{signed} of the {len(newest)} newest pictures carry valid credentials of this house that say AI made them.",
        ),
        Check(
            "Machine-readable marking: invisible mark", marked == markable if markable else None,
            f"{marked} of the {markable} newest pictures of 256 px and more give back their own number.",
        ),
    ]  # fmt: skip


async def _labels(db: Database) -> Check:
    """The label people see hangs on one column, which is all that is looked at here; no picture made here may lack it."""
    made, bare = (
        await db.rows(
            """select count(*), count(*) filter (where provenance not in ('generated', 'edited'))
               from media.attachments where generated"""
        )
    )[0]
    said = f"{made - bare} of {made} pictures made here are kept as AI-made, where labels come from; pages are not looked at."
    return Check("Behind the visible label", bare == 0 if made else None, said)


async def _unsigned(db: Database) -> Check:
    """Pictures from before marking was there."""
    made, count = (
        await db.rows(
            """select count(*), count(*) filter (where not exists
                   (select 1 from media.origins o where o.media_id = a.id and o.signed_at is not null))
               from media.attachments a where a.generated"""
        )
    )[0]
    said = f"{made - count} of {made} pictures made here have a time of signing on record; only the newest files are read back."
    return Check("Nothing was left out", count == 0 if made else None, said)


async def _bots(db: Database) -> Check:
    """Only a count, which cannot be wrong or right: which accounts are programs and do not say so, the house cannot see."""
    labelled = await db.value("select count(*) from accounts.people where bot and deleted_at is null")
    said = f"{labelled} accounts say that a program posts there. Whether others should say so is not looked at."
    return Check("Dealing with a machine", None, said)
