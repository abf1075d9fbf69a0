"""Styles: browse, make, fork, share, and take into the studio."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import styles
from bowerbird.gallery.styles import Style
from bowerbird.studio import offers, pictures, presets
from bowerbird.studio.presets import Preset, Said
from bowerbird.studio.styles import STYLES
from bowerbird.web import asking, render
from bowerbird.web.asking import Form

SHOWN = 24
QUERY_LENGTH_MAX = 200
MEDIA = {style.id: style.name for style in STYLES}


@get("/styles")
async def every(request: Ask) -> Response[Any]:
    """Everyone's published ones, or one's own."""
    me = (await asking.visitor(request)).person
    asked = request.query_params
    mine = me is not None and asked.get("tab") == "mine"
    query = asked.get("q", "")[:QUERY_LENGTH_MAX].replace("\x00", "")
    page = Page(before=parse(asked.get("before")), limit=SHOWN + 1)
    async with pool(request).reading() as db:
        if me and mine:
            found = await presets.of_person(db, me.id, page, all_=True)
        else:
            found = await presets.published(db, page, words=query)
        ready, shared = await styles.of(db, me, found[:SHOWN]), await asking.context(request, db, me)
    following = f"/styles?{'tab=mine&' if mine else ''}before={found[SHOWN - 1].id}" if len(found) > SHOWN and not query else None
    return asking.page(request, "pages/styles.jinja", shared, styles=ready, mine=mine, query=query, media=MEDIA, next=following)


@get("/styles/new")
async def begin(request: Ask) -> Response[Any]:
    """The form for a new one, empty, from another style, or from a picture."""
    me = await asking.me(request)
    fork, picture = parse(request.query_params.get("fork")), parse(request.query_params.get("picture"))
    said, source = Said(name=""), None
    async with pool(request).reading() as db:
        if fork:
            source = await styles.see(db, me, fork)
            said = _of(source)
        elif picture:
            made = await pictures.own(db, me, picture)
            said = Said(name="", medium=made.recipe["medium"] if made.recipe.get("medium") in MEDIA else "", example_id=made.id)
    return await _form(request, me, said, source=source)


@post("/styles", status_code=303)
async def make(request: Ask) -> Response[Any]:
    """Make one."""
    me = await asking.me(request)
    form = await asking.form(request)
    said, fork = _said(form), form.id("forked_from")
    try:
        async with pool(request).transaction() as db:
            made = await styles.make(db, me, said, forked_from=fork)
            if form.on("public"):
                await presets.publish(db, me, made.id, public=True)
    except (Invalid, Conflict) as wrong:
        async with pool(request).reading() as db:
            source = await styles.see(db, me, fork) if fork else None
        return await _form(request, me, said, source=source, wrong=wrong.said, public=form.on("public"))
    return render.redirect(f"/styles/{made.id}", toast="Made. Try it in the studio.")


@get("/styles/{id_:str}")
async def read(request: Ask, id_: str) -> Response[Any]:
    """One style."""
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        style, shared = await styles.one(db, me, id_of(id_)), await asking.context(request, db, me)
        model = next((one.tier.name for one in await offers.of(db) if one.tier.id == style.preset.tier), "")
    return asking.page(request, "pages/style.jinja", shared, style=style, media=MEDIA, model=model)


@get("/styles/{id_:str}/edit")
async def edit(request: Ask, id_: str) -> Response[Any]:
    """Change one's own."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        preset = await presets.own(db, me, id_of(id_))
    return await _form(request, me, _of(preset), preset=preset, public=preset.published_at is not None)


@post("/styles/{id_:str}/{verb:str}", status_code=303)
async def change(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Say one's own otherwise, publish it or not, or take it away."""
    me = await asking.me(request)
    form = await asking.form(request)
    which = id_of(id_)
    if verb == "delete":
        async with pool(request).transaction() as db:
            await presets.remove(db, me, which)
        return render.redirect("/styles?tab=mine", toast="The style is gone. Pictures keep what it said.")
    if verb != "change":
        raise NotFound
    try:
        async with pool(request).transaction() as db:
            await styles.change(db, me, which, _said(form))
            await presets.publish(db, me, which, public=form.on("public"))
    except Invalid as wrong:
        async with pool(request).reading() as db:
            preset = await presets.own(db, me, which)
        return await _form(request, me, _said(form), preset=preset, wrong=wrong.said, public=form.on("public"))
    return render.redirect(f"/styles/{which}", toast="Saved.")


async def _form(
    request: Ask, me: Person, said: Said, *, preset: Preset | None = None, source: Preset | None = None, wrong: str = "", public: bool = False
) -> Response[str]:  # fmt: skip
    async with pool(request).reading() as db:
        shared, offered = await asking.context(request, db, me), await offers.of(db)
        from_ = (await styles.of(db, me, [source]))[0] if source else None
        example = await _example(request, me, said)
    return asking.page(
        request, "pages/style_edit.jinja", shared, status=422 if wrong else 200, said=said, preset=preset, source=from_, wrong=wrong,
        public=public, mediums=STYLES, offers=offered, example=example, limits=presets,
    )  # fmt: skip


async def _example(request: Ask, me: Person, said: Said) -> Style | None:
    """The example as a style's page would show it."""
    if said.example_id is None:
        return None
    trial = Preset(0, me.id, "", "", "", "", "", "", "", None, said.example_id, None, 1, None)
    async with pool(request).reading() as db:
        return (await styles.of(db, me, [trial]))[0]


def _of(preset: Preset) -> Said:
    return Said(
        name=preset.name, about=preset.about, words_before=preset.words_before, words_after=preset.words_after, leave_out=preset.leave_out,
        medium=preset.medium, tier=preset.tier, strength=preset.strength, example_id=preset.example_id,
    )  # fmt: skip


def _said(form: Form) -> Said:
    strength = form.text("strength")
    return Said(
        name=form.text("name"), about=form.text("about"), words_before=form.text("words_before"), words_after=form.text("words_after"),
        leave_out=form.text("leave_out"), medium=form.text("medium"), tier=form.text("tier"),
        strength=min(100, int(strength)) / 100 if strength.isascii() and strength.isdigit() and len(strength) < 4 else None,
        example_id=form.id("example"),
    )  # fmt: skip


HANDLERS = [every, begin, make, read, edit, change]
