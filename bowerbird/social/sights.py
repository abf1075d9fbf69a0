"""A look at a page out in the world: its words, and its picture re-encoded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bowerbird.core import outside
from bowerbird.core.addresses import OutsideTrouble, Rule
from bowerbird.core.errors import Trouble
from bowerbird.media import attachments
from bowerbird.media.pictures import Renditions
from bowerbird.social import opengraph
from bowerbird.social.opengraph import About

PAGE_BYTES_MAX = 1_000_000
PICTURE_BYTES_MAX = 8_000_000
PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Sight:
    """What lies at an address."""

    about: About
    picture: Renditions | None


async def look(url: str, may: Rule | None = None) -> Sight | OutsideTrouble:
    """What lies at `url`, or why it cannot be told. Holds no database connection."""
    try:
        page = await outside.get(url, types=PAGES, bytes_max=PAGE_BYTES_MAX, may=may)
    except OutsideTrouble as trouble:
        return trouble
    about = await asyncio.to_thread(opengraph.read, page)
    if about is None:
        return OutsideTrouble("That page does not say what it is.")
    return Sight(about, await _picture(about.image, may) if about.image else None)


async def _picture(url: str, may: Rule | None) -> Renditions | None:
    """The page's picture as we would keep an upload; None where it is none."""
    try:
        found = await outside.get(url, types=("image/",), bytes_max=PICTURE_BYTES_MAX, may=may)
        return await attachments.prepare(found.body, quality=80)
    except Trouble:
        return None
