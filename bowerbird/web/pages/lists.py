"""Lists: some of those one follows, read apart."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.paging import Page
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import faces
from bowerbird.social import graph, lists, timelines
from bowerbird.web import asking, render
from bowerbird.web.asking import Form
from bowerbird.web.pages import feeds
from bowerbird.web.pages.people import name_of

SUGGESTED = 80  # of those one follows, offered while one types a name


@get("/lists")
async def mine(request: Ask) -> Response[Any]:
    """One's lists, and the form for a new one."""
    me = await asking.me(request)
    return await _mine(request, me)


async def _mine(request: Ask, me: Person, *, title: str = "", wrong: Invalid | None = None) -> Response[str]:
    async with pool(request).reading() as db:
        found, shared = await lists.of(db, me.id), await asking.context(request, db, me)
    errors = {"title": wrong.said} if wrong else {}
    return asking.page(
        request, "pages/lists.jinja", shared, status=422 if wrong else 200, lists=found, title=title, errors=errors
    )


@post("/lists", status_code=303)
async def create(request: Ask) -> Response[Any]:
    """Make one."""
    me = await asking.me(request)
    form = await asking.form(request)
    try:
        async with pool(request).transaction() as db:
            made = await lists.create(db, me, form.text("title"))
    except Invalid as wrong:
        return await _mine(request, me, title=form.text("title"), wrong=wrong)
    return render.redirect(f"/lists/{made.id}/edit", toast="Made. Now put people on it.")


@get("/lists/{id_:str}")
async def read(request: Ask, id_: str) -> Response[Any]:
    """What the people on a list say."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        found = await lists.one(db, me.id, id_of(id_))
        said = await timelines.listed(db, me.id, found.id, feeds.page_of(request))
        return await feeds.feed(request, "pages/list.jinja", me, db, said, list=found)


@get("/lists/{id_:str}/edit")
async def edit_page(request: Ask, id_: str) -> Response[Any]:
    """Its name, its ways and its people."""
    return await _editing(request, await asking.me(request), id_of(id_))


async def _editing(request: Ask, me: Person, id_: int, *, field: str = "", wrong: Exception | None = None) -> Response[str]:
    async with pool(request).reading() as db:
        found = await lists.one(db, me.id, id_)
        on_it = [other for _, other in await lists.members(db, me, id_, Page(), whole=True)]
        followed = [other for _, other in await graph.following(db, me.id, limit=SUGGESTED) if other not in on_it]
        known, shared = await faces.of(db, [*on_it, *followed]), await asking.context(request, db, me)
    return asking.page(
        request, "pages/list_edit.jinja", shared, status=422 if wrong else 200, list=found, errors={field: str(wrong)} if wrong else {},
        members=[known[other] for other in on_it if other in known], followed=[known[other] for other in followed if other in known],
    )  # fmt: skip


@post("/lists/{id_:str}/{verb:str}", status_code=303)
async def change(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Change its ways, put someone on it or take them off, or remove it."""
    me = await asking.me(request)
    form = await asking.form(request)
    if verb not in STEPS:
        raise NotFound
    try:
        async with pool(request).transaction() as db:
            where, said = await STEPS[verb](db, me, id_of(id_), form)
    except (Invalid, Conflict, NotFound) as wrong:
        async with pool(request).reading() as db:
            await lists.one(db, me.id, id_of(id_))  # someone else's is not there
        return await _editing(request, me, id_of(id_), field={"add": "name"}.get(verb, "title"), wrong=wrong)
    return render.redirect(where, toast=said)


async def _change(db: Database, me: Person, id_: int, form: Form) -> tuple[str, str]:
    replies, exclusive = form.text("replies_policy", "list"), form.on("exclusive")
    await lists.change(db, me, id_, title=form.text("title"), replies_policy=replies, exclusive=exclusive)
    return f"/lists/{id_}", "Saved."


async def _add(db: Database, me: Person, id_: int, form: Form) -> tuple[str, str]:
    await lists.one(db, me.id, id_)
    name = form.text("name").strip().removeprefix("@")
    try:
        other = await people.by_name(db, name)
    except NotFound as nobody:
        raise Invalid("Nobody here is called so.") from nobody
    await lists.add(db, me, id_, [other.id])
    return f"/lists/{id_}/edit", f"{other.name} is on it."


async def _drop(db: Database, me: Person, id_: int, form: Form) -> tuple[str, str]:
    await lists.drop(db, me, id_, [form.id("person_id") or 0])
    return f"/lists/{id_}/edit", "Off the list."


async def _remove(db: Database, me: Person, id_: int, _: Form) -> tuple[str, str]:
    await lists.remove(db, me, id_)
    return "/lists", "The list is gone. You still follow everyone who was on it."


STEPS = {"change": _change, "add": _add, "drop": _drop, "remove": _remove}


@get("/{at_name:str}/lists")
async def holding_page(request: Ask, at_name: str) -> Response[Any]:
    """Which of one's lists someone is on."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        other = await people.by_name(db, name_of(at_name))
        held, all_ = {one.id for one in await lists.holding(db, me, other.id)}, await lists.of(db, me.id)
        face, shared = await faces.profile(db, me, other), await asking.context(request, db, me)
    return asking.page(request, "pages/holding.jinja", shared, person=face, lists=all_, held=held)


@post("/{at_name:str}/lists", status_code=303)
async def hold(request: Ask, at_name: str) -> Response[Any]:
    """Put someone on the lists that are ticked, and take them off the others."""
    me = await asking.me(request)
    form = await asking.form(request)
    wanted = set(form.lists.get("list", []))
    async with pool(request).transaction() as db:
        other = await people.by_name(db, name_of(at_name))
        held = {one.id for one in await lists.holding(db, me, other.id)}
        for one in await lists.of(db, me.id):
            if str(one.id) in wanted and one.id not in held:
                await lists.add(db, me, one.id, [other.id])
            elif str(one.id) not in wanted and one.id in held:
                await lists.drop(db, me, one.id, [other.id])
    return render.redirect(f"/@{other.username}", toast="Saved.")


HANDLERS = [mine, create, read, edit_page, change, holding_page, hold]
