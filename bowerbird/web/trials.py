"""How somebody's feed could be, before they agree to anything: from pictures they tapped and a sentence they wrote. Nothing of it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bowerbird.accounts.people import Person
from bowerbird.core.database import Pool
from bowerbird.core.ids import parse
from bowerbird.feed import asking, recipe, resemblance, steering
from bowerbird.feed.asking import FeedAway
from bowerbird.feed.recipe import Recipe
from bowerbird.feed.wire import PageRequest
from bowerbird.gallery import cards
from bowerbird.gallery.cards import Card
from bowerbird.social import entries
from bowerbird.web.asking import Form
from bowerbird.web.pages.feeds import shown

TILES = 9
PICKS_MAX = 12
SAID_LENGTH_MAX = 400


@dataclass(frozen=True, slots=True)
class Trial:
    """How the feed could be: from posts somebody tapped and a sentence they wrote. Nothing of it is kept."""

    picks: frozenset[int] = frozenset()
    said: str = ""
    tiles: tuple[Card, ...] = ()
    changes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    away: bool = False


async def tried(pool_: Pool, me: Person, form: Form) -> Trial:
    """The feed of somebody who likes these and says that."""
    picks, said = _picks(form), form.text("said").strip()[:SAID_LENGTH_MAX]
    if not picks and not said:
        return Trial()
    async with pool_.reading() as db:
        visible = [one.shown_id for one in await entries.of(db, me.id, picks)]
    try:
        reading = await steering.read(said, datetime.now(UTC), Recipe())
        wished = await recipe.filled(reading.recipe)
        answer = await asking.page(
            PageRequest(me.id, TILES * 3, 1, shown=visible, picks=visible, recipe=wished if said else None)
        )
    except FeedAway:
        return Trial(frozenset(picks), said, away=True)
    async with pool_.reading() as db:
        placed = await entries.of(db, me.id, [one.id for one in answer.posts])
        ready = await shown(db, me, placed, len(placed), "public")
    order = {one.id: place for place, one in enumerate(answer.posts)}
    tiles = sorted((card for card in ready if card.pictures and not card.sensitive), key=lambda card: order[card.id])[:TILES]
    return Trial(frozenset(visible), said, tuple(tiles), tuple(reading.changes), tuple(reading.unread))


def _picks(form: Form) -> list[int]:
    return [id_ for text in form.lists.get("like", []) if (id_ := parse(text))][:PICKS_MAX]


async def taken(pool_: Pool, me: Person, form: Form) -> Recipe | None:
    """The recipe with what was tapped and written before; None where that changes nothing."""
    async with pool_.reading() as db:
        standing = await recipe.of(db, me.id)
        picked = await cards.of(db, me, await entries.of(db, me.id, _picks(form)))
    now, wished = (
        datetime.now(UTC),
        (await steering.read(form.text("said")[:SAID_LENGTH_MAX], datetime.now(UTC), standing)).recipe,
    )
    for card in picked:
        wished = resemblance.wished(wished, "more", words_of(card), card.tags, card.author.username, now).recipe
    return await recipe.filled(wished) if wished != standing else None


def words_of(card: Card) -> str:
    """Everything a post says: its pictures first, whose prompts say most exactly what is to be seen."""
    shown = [part for one in card.pictures for part in (one.picture.prompt if one.picture else "", one.alt)]
    return "\n".join(part for part in (*shown, card.spoiler, card.text) if part)
