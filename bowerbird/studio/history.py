"""What someone asked for before, to be found and used again, and what stands in their prompt form unsent."""

from __future__ import annotations

from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database, json
from bowerbird.core.errors import TooLarge
from bowerbird.core.paging import Page
from bowerbird.studio.generations import COLUMNS, Generation
from bowerbird.studio.pictures import COLUMNS as PICTURE_COLUMNS
from bowerbird.studio.pictures import Picture

SKETCH_FIELDS = ("prompt", "medium", "shape", "count", "leave_out", "seed", "lock", "strength", "tier", "style", "timelapse")
SKETCH_FIELD_LENGTH_MAX = 600
SAVES_PER_MINUTE_MAX = 60


async def search(db: Database, person: Person, words: str, page: Page) -> list[Generation]:
    """One's own generations whose prompt says these words, newest first; all of them for "". What only made a picture larger is none."""
    stretch = page.clause("id")
    found = await db.many(
        Generation,
        f"""select {COLUMNS} from studio.generations where account_id = %s and factor = 0
            and (%s = '' or words @@ websearch_to_tsquery('simple', %s)){stretch.sql}{page.tail("id")}""",
        person.id, words, words, *stretch.args,
    )  # fmt: skip
    return page.newest_first(found)


async def clear(db: Database, person: Person) -> int:
    """Forget what one asked for, all that is over; the pictures stay. How many were forgotten."""
    await db.execute("delete from studio.sketches where account_id = %s", person.id)
    return await db.execute(
        "delete from studio.generations where account_id = %s and state not in ('queued', 'running')", person.id
    )


async def pictures(db: Database, person: Person, page: Page) -> list[Picture]:
    """What one had made here, shown or not, newest first."""
    stretch = page.clause("id")
    found = await db.many(
        Picture,
        f"""select {PICTURE_COLUMNS} from studio.pictures where creator_id = %s and deleted_at is null and media_id is not null
            {stretch.sql}{page.tail("id", 500)}""",
        person.id, *stretch.args,
    )  # fmt: skip
    return page.newest_first(found)


async def sketch(db: Database, person: Person) -> dict[str, str]:
    """What stood in the prompt form when it was left."""
    found: dict[str, Any] | None = await db.value("select form from studio.sketches where account_id = %s", person.id)
    return {key: str(value) for key, value in (found or {}).items() if key in SKETCH_FIELDS}


async def keep_sketch(db: Database, person: Person, form: dict[str, str]) -> None:
    """Keep what stands in it; without a prompt nothing is kept. Raises TooLarge or TooMany."""
    await limits.spend(db, f"sketch:{person.id}", times_max=SAVES_PER_MINUTE_MAX, window_s=60)
    kept = {key: form[key].replace("\x00", "") for key in SKETCH_FIELDS if form.get(key)}
    if any(len(value) > SKETCH_FIELD_LENGTH_MAX for value in kept.values()):
        raise TooLarge(f"A draft keeps up to {SKETCH_FIELD_LENGTH_MAX} characters a field.")
    if not kept.get("prompt", "").strip():
        return await forget_sketch(db, person)
    await db.execute(
        """insert into studio.sketches (account_id, form) values (%s, %s)
           on conflict (account_id) do update set form = excluded.form, updated_at = now()""",
        person.id, json(kept),
    )  # fmt: skip
    return None


async def forget_sketch(db: Database, person: Person) -> None:
    """It was sent, or let go."""
    await db.execute("delete from studio.sketches where account_id = %s", person.id)
