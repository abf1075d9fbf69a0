"""Bowers: collections of pictures, one's own and others'."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import bowers, faces
from bowerbird.web import asking, render
from bowerbird.web.asking import Form
from bowerbird.web.pages.people import name_of
from bowerbird.web.pages.shelf import makers

SHOWN = 40


@get("/bowers")
async def mine(request: Ask) -> Response[Any]:
    """One's own, and the form for a new one."""
    return await _mine(request, await asking.me(request))


async def _mine(request: Ask, me: Person, *, name: str = "", wrong: str = "") -> Response[str]:
    async with pool(request).reading() as db:
        shelf = await _shelf(request, db, me, me)
        shared = await asking.context(request, db, me)
    return asking.page(request, "pages/bowers.jinja", shared, status=422 if wrong else 200, name=name, wrong=wrong, **shelf)


async def _shelf(request: Ask, db: Database, me: Person | None, owner: Person) -> dict[str, Any]:
    found = await bowers.of(db, me, owner.id, Page(before=parse(request.query_params.get("before")), limit=SHOWN + 1))
    following = f"{request.url.path}?before={found[SHOWN - 1].id}" if len(found) > SHOWN else None
    person = await faces.profile(db, me, owner)
    return {"person": person, "bowers": found[:SHOWN], "covers": await bowers.covers(db, me, found[:SHOWN]), "next": following}


@post("/bowers", status_code=303)
async def make(request: Ask) -> Response[Any]:
    """Make one."""
    me = await asking.me(request)
    form = await asking.form(request)
    try:
        async with pool(request).transaction() as db:
            made = await bowers.create(db, me, form.text("name"))
    except (Invalid, Conflict) as wrong:
        return await _mine(request, me, name=form.text("name"), wrong=wrong.said)
    return render.redirect(f"/@{me.username}/bowers/{made.id}", toast="Made. Now hang pictures in it, from their pages.")


@get("/{at_name:str}/bowers")
async def of_person(request: Ask, at_name: str) -> Response[Any]:
    """Someone's public ones."""
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        owner = await people.by_name(db, name_of(at_name))
        shelf = await _shelf(request, db, me, owner)
        shared = await asking.context(request, db, me)
    return asking.page(request, "pages/bowers.jinja", shared, name="", wrong="", **shelf)


@get("/{at_name:str}/bowers/{id_:str}")
async def read(request: Ask, at_name: str, id_: str) -> Response[Any]:
    """One of them."""
    me = (await asking.visitor(request)).person
    return await _read(request, me, name_of(at_name), id_of(id_))


async def _read(request: Ask, me: Person | None, name: str, id_: int, *, wrong: str = "") -> Response[str]:
    async with pool(request).reading() as db:
        owner = await people.by_name(db, name)
        bower = await bowers.see(db, me, id_)
        if bower.account_id != owner.id:
            raise NotFound
        held = await bowers.pictures_in(db, me, bower)
        person, shared = await faces.profile(db, me, owner), await asking.context(request, db, me)
        authors = await makers(db, held, owner)
    cover = next((one for one in held if one.picture_id == bower.cover_id), held[0] if held else None)
    mine = me is not None and me.id == owner.id
    return asking.page(
        request, "pages/bower.jinja", shared, status=422 if wrong else 200, person=person, bower=bower, hung=held, cover=cover, people=authors,
        mine=mine, editing=mine and ("edit" in request.query_params or bool(wrong)), wrong=wrong, limits=bowers,
        own=sum(one.creator_id == me.id for one in held) if me else 0,
    )  # fmt: skip


@post("/bowers/{id_:str}/{verb:str}", status_code=303)
async def change(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Say it otherwise, order it, take a picture out, or take it down."""
    me = await asking.me(request)
    form = await asking.form(request)
    which, where = id_of(id_), f"/@{me.username}/bowers/{id_of(id_)}"
    if verb not in ("change", "cover", "earlier", "later", "take", "delete"):
        raise NotFound
    try:
        async with pool(request).transaction() as db:
            bower = await bowers.own(db, me, which)
            if verb == "delete":
                await bowers.remove(db, me, which)
                return render.redirect("/bowers", toast="The bower is gone. Its pictures are where they were.")
            if verb == "change":
                await bowers.change(db, me, which, form.text("name"), form.text("about"), form.text("visibility"), bower.cover_id)
                return render.redirect(where, toast="Saved.")
            await _move(db, me, bower, verb, form)
    except Invalid as wrong:
        return await _read(request, me, me.username, which, wrong=wrong.said)
    return render.redirect(f"{where}?edit=1#picture-{form.id('picture_id')}")


async def _move(db: Database, me: Person, bower: bowers.Bower, verb: str, form: Form) -> None:
    """One picture: to the cover, a place on, or out."""
    picture_id = form.id("picture_id")
    if picture_id is None:
        raise Invalid("Say which picture.")
    if verb == "take":
        await bowers.take(db, me, bower.id, picture_id)
    elif verb == "cover":
        await bowers.change(db, me, bower.id, bower.name, bower.about, bower.visibility, picture_id)
    else:
        ids = [one.picture_id for one in await bowers.pictures_in(db, me, bower)]
        if picture_id in ids:
            at = ids.index(picture_id)
            to = max(0, min(len(ids) - 1, at + (1 if verb == "later" else -1)))
            ids.insert(to, ids.pop(at))
            await bowers.order(db, me, bower.id, ids)


HANDLERS = [mine, make, of_person, read, change]
