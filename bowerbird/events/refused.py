"""What may not be learned from although whose it is once agreed: the other side of the gate, without a word of what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.events import consent

PAGE_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that was held back at the gate, and why: deleted, not_public, not_this_one, before_consent or withdrawn. `pictures`: how many
    were shown with it."""

    id: int
    actor_id: int
    kind: str
    item_kind: str
    item_id: int
    reason: str
    pictures: int


async def of(db: Database, purpose: consent.Purpose, *, after: int = 0, kinds: Sequence[str] | None = None) -> list[Refused]:
    """The next PAGE_MAX after an event, oldest first: of people who allow the purpose now, or did when it happened. Of who never did there is
    nothing to say. `kinds`: only those of the purpose's."""
    wanted = [kind for kind in consent.LEARNS_FROM[purpose] if kinds is None or kind in kinds]
    gate = consent.learnable(purpose)
    return await db.many(
        Refused,
        f"""select l.id, l.actor_id, l.kind, l.item_kind, l.item_id, case
                when exists (select 1 from events.log d where d.item_kind = l.item_kind and d.item_id = l.item_id and d.id > l.id
                             and d.kind in ('PostDeleted', 'PictureDeleted')) then 'deleted'
                when coalesce(l.data->>'visibility', case l.item_kind when 'post' then 'direct' else 'public' end)
                     not in ('public', 'unlisted') then 'not_public'
                when exists (select 1 from events.item_consents i where i.item_kind = l.item_kind and i.item_id = l.item_id
                             and i.purpose = %s and i.owner_id = l.actor_id and not i.granted) then 'not_this_one'
                when not %s = any(l.consents) then 'before_consent'
                else 'withdrawn' end as reason,
                jsonb_array_length(coalesce(l.data->'media_ids', '[]')) as pictures
            from events.log l where l.id > %s and l.kind = any(%s) and l.item_id is not null and not {gate.sql}
              and (%s = any(l.consents) or exists (
                   select 1 from events.consents c where c.account_id = l.actor_id and c.purpose = %s and c.granted))
            order by l.id limit %s""",
        purpose, purpose, after, wanted, *gate.args, purpose, purpose, PAGE_MAX,
    )  # fmt: skip
