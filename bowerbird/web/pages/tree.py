"""The remix tree: a picture's whole family, drawn and as an outline from one and the same list."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from bowerbird.accounts import people
from bowerbird.core.ids import parse
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import credit, family, remixes, shown
from bowerbird.studio import pictures
from bowerbird.web import asking, render

COLUMN_REM, ROW_REM = 11.5, 18.75
UNIT = 16  # of the drawing's own units to a rem
VIEWS = ("drawing", "outline")
LABEL_REM, NODE_REM = 7.25, 16.25  # what changed stands on the twig above a picture; how tall both are together


@get("/pictures/{id_:str}/tree")
async def read(request: Ask, id_: str) -> Response[Any]:
    """Ancestors above, remixes below; big branches are folded until they are asked for."""
    me = (await asking.visitor(request)).person
    opened = [found for text in request.query_params.getall("open", [])[: family.OPENED_MAX] if (found := parse(text))]
    async with pool(request).reading() as db:
        picture = await remixes.see(db, me, id_of(id_))
        tree = await family.of(db, me, picture, opened)
        creator = await people.by_id(db, picture.creator_id)
        audience = pictures.audience(picture, creator.may_remix)
        leave = await remixes.may(db, me, picture.creator_id, audience)
        chain = await credit.chain(db, picture)
        alt = (await shown.of_media(db, [picture.media_id or 0]))[picture.media_id or 0].alt
        shared = await asking.context(request, db, me)
    view = request.query_params.get("view")
    own: dict[str, Any] = {
        "tree": tree, "picture": picture, "author": creator, "leave": leave, "audience": audience, "chain": chain, "alt": alt,
        "view": view if view in VIEWS else "", "asked": "".join(f"&open={id_}" for id_ in opened), "edges": edges(tree),
        "column_rem": COLUMN_REM, "row_rem": ROW_REM, "label_rem": LABEL_REM,
        "wide": round(tree.columns * COLUMN_REM * UNIT), "tall": round(tree.rows * ROW_REM * UNIT),
    }  # fmt: skip
    if asking.by_htmx(request, "family"):
        return render.html(render.fragment("fragments/family.jinja", **shared, **own))
    return asking.page(request, "pages/tree.jinja", shared, **own)


def edges(tree: family.Family) -> list[tuple[str, bool, bool]]:
    """(path, whether it leads up from the picture itself, whether to a draft) of every twig, in the drawing's own units."""
    found: list[tuple[str, bool, bool]] = []
    line = _line(tree.top)
    for one in tree.members:
        x1, y1 = (one.x + 0.5) * COLUMN_REM * UNIT, (one.y * ROW_REM + NODE_REM) * UNIT
        for child in one.children:
            x2, y2 = (child.x + 0.5) * COLUMN_REM * UNIT, (child.y * ROW_REM + LABEL_REM) * UNIT
            bend = y1 + (ROW_REM - NODE_REM + 0.25) * UNIT  # above the label, so that it comes straight down behind it
            path = f"M{x1:.0f} {y1:.0f}C{x1:.0f} {bend:.0f} {x2:.0f} {y1:.0f} {x2:.0f} {bend:.0f}V{y2:.0f}"
            found.append((path, child.id in line, child.draft))
    return found


def _line(top: family.Member) -> set[int]:
    """The ids from the first picture down to the one whose family this is."""
    if top.here:
        return {top.id}
    for child in top.children:
        if below := _line(child):
            return {top.id, *below}
    return set()


HANDLERS = [read]
