"""What stands on a share card: only what somebody who is not signed in may see. Nothing here is drawn yet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.settings import settings
from bowerbird.gallery import cards, credit, faces, remixes, shown
from bowerbird.gallery.cards import Card
from bowerbird.gallery.faces import Face
from bowerbird.gallery.shown import Recipe, Shown
from bowerbird.media import labels
from bowerbird.social import entries, timelines
from bowerbird.social.posts import EVERYONES

LAYOUT = "1"  # another one whenever cards are drawn differently
PICTURES_MAX = 4
TEXT_LENGTH_MAX = 600  # more than ever fits
QUOTE_LENGTH_MAX = 240
HIDDEN = "A sensitive picture"
AI = ("generated", "edited")


@dataclass(frozen=True, slots=True)
class Art:
    """One picture of a card."""

    hash: str
    width: int
    height: int
    focus: tuple[float, float]
    tone: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that is on a card. `spoken`: the words are a prompt; `hidden`: the pictures are shown only as a haze."""

    text: str
    name: str
    username: str
    avatar: str
    house: str
    art: tuple[Art, ...] = ()
    spoken: bool = False
    hidden: bool = False
    ai: bool = False
    badge: str = ""
    lineage: str = ""
    quoted_name: str = ""
    quoted: str = ""

    @property
    def mark(self) -> str:
        """Another one for everything that looks different."""
        return hashlib.sha256(f"{LAYOUT} {self!r}".encode()).hexdigest()[:32]


async def of_post(db: Database, post_id: int, badge: str = "") -> Sheet:
    """A post's card; `badge`: what an answer of the assistant is labelled. Raises NotFound, or Gone for what was taken away."""
    card = await cards.by_id(db, None, post_id)
    if card.visibility not in EVERYONES:
        raise NotFound
    hidden = bool(card.sensitive or card.spoiler)
    recipe = card.pictures[0].source if card.pictures else None
    text, spoken = card.spoiler or card.text, False
    if not text and recipe and not recipe.uploaded and not hidden:
        text, spoken = recipe.prompt, True
    quoted = card.quote.card if card.quote else None
    return Sheet(
        text=_cut(text), spoken=spoken, **_who(card.author), art=_art(card.pictures), hidden=hidden and bool(card.pictures),
        ai=any(one.provenance in AI for one in card.pictures), badge=badge, lineage=_lineage(recipe),
        quoted_name=_name(quoted.author) if quoted else "", quoted=_quoted(quoted) if quoted else "",
    )  # fmt: skip


async def of_picture(db: Database, picture_id: int) -> Sheet:
    """A picture's card: its prompt and what it came from. Raises NotFound, or Gone."""
    picture = await remixes.see(db, None, picture_id)
    media_id = picture.media_id or 0
    one = (await shown.of_media(db, [media_id])).get(media_id)
    if one is None:
        raise NotFound
    author = (await faces.of(db, [picture.creator_id]))[picture.creator_id]
    where = await entries.of(db, None, list((await timelines.showing(db, None, [media_id])).values()))
    posts = await cards.of(db, None, where, quoting=False)
    hidden = await labels.any_of(db, [media_id]) or any(post.sensitive or post.spoiler for post in posts)
    uploaded = bool(one.source and one.source.uploaded)
    text = one.alt if uploaded else one.source.prompt if one.source else ""
    return Sheet(
        text=HIDDEN if hidden else _cut(text), spoken=not uploaded and not hidden, **_who(author), art=_art([one]), hidden=hidden,
        ai=one.provenance in AI, lineage=_lineage(one.source),
    )  # fmt: skip


def _who(author: Face) -> dict[str, str]:
    return {
        "name": _name(author), "username": author.username, "avatar": (author.avatar_url or "").rpartition("/")[2],
        "house": settings().name,
    }  # fmt: skip


def _name(author: Face) -> str:
    return author.display_name or author.username


def _art(pictures: list[Shown] | tuple[Shown, ...]) -> tuple[Art, ...]:
    return tuple(
        Art((one.url if len(pictures) == 1 else one.small_url).rpartition("/")[2], one.width, one.height, one.focus, one.tone)
        for one in pictures[:PICTURES_MAX]
    )


def _lineage(recipe: Recipe | None) -> str:
    return credit.lines([recipe.parent])[0] if recipe and recipe.parent else ""


def _quoted(card: Card) -> str:
    if card.spoiler or card.sensitive:
        return card.spoiler or HIDDEN
    return _cut(card.text, QUOTE_LENGTH_MAX) or ("A picture" if card.pictures else "")


def _cut(text: str, length_max: int = TEXT_LENGTH_MAX) -> str:
    return " ".join(text.split())[:length_max]
