"""Your data: take it all along, bring along from elsewhere, leave."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge, TooMany, Trouble
from bowerbird.door import SESSION_COOKIE, Ask, pool
from bowerbird.gallery import archive, bring, leaving
from bowerbird.web import asking, render


@get("/settings/data")
async def data(request: Ask) -> Response[Any]:
    """One's latest archive, the file one brought last, and the way out."""
    return await _page(request, await asking.me(request))


async def _page(request: Ask, me: Person, *, field: str = "", wrong: Trouble | None = None, name: str = "") -> Response[str]:
    packed, brought = None, None
    async with pool(request).reading() as db:
        me = await people.by_id(db, me.id)
        with suppress(NotFound):
            packed = await archive.latest(db, me)
        with suppress(NotFound):
            brought = await bring.latest(db, me)
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "settings/data.jinja", shared, status=wrong.status if wrong else 200, archive=packed, brought=brought, typed=name,
        stays=leaving.STAYS, has_password=me.password_hash is not None, errors={field: wrong.said} if wrong else {},
    )  # fmt: skip


@post("/settings/data/archive", status_code=303)
async def pack(request: Ask) -> Response[Any]:
    """Have everything packed."""
    me = await asking.me(request)
    await asking.form(request)
    try:
        async with pool(request).transaction() as db:
            await archive.ask(db, me)
    except (Conflict, TooMany) as wrong:
        return await _page(request, me, field="archive", wrong=wrong)
    return render.redirect("/settings/data")


@post("/settings/data/bring", status_code=303)
async def bring_along(request: Ask) -> Response[Any]:
    """Take a file in."""
    me = await asking.me(request)
    form = await asking.form(request)
    files = [file for file in form.files.get("file", []) if file.filename]
    try:
        if not files:
            raise Invalid("Choose the file first.")
        text = (await files[0].read(bring.LENGTH_MAX + 1)).decode("utf-8", errors="replace")
        async with pool(request).transaction() as db:
            await bring.start(db, me, form.text("kind"), text, overwrite=form.text("mode") == "overwrite")
    except (Conflict, Invalid, TooLarge) as wrong:
        return await _page(request, me, field="file", wrong=wrong)
    return render.redirect("/settings/data#bring")


@post("/settings/data/leave", status_code=200)
async def leave(request: Ask) -> Response[Any]:
    """Leave, with one's name typed and one's password shown. The answer says what stays."""
    me = await asking.me(request)
    form = await asking.form(request)
    by_session = (await asking.visitor(request)).session_id is not None
    try:
        async with pool(request).transaction() as db:
            await leaving.attempt(db, me)
        if form.text("name").strip().removeprefix("@").lower() != me.username.lower():
            raise Invalid(f"Type your name, {me.username}, to be sure.")
        async with pool(request).transaction() as db:
            await leaving.leave_with(db, me, form.text("password") or None, by_session=by_session)
    except (Conflict, Invalid, NotAllowed, TooMany) as wrong:
        return await _page(
            request, me, field="password" if "password" in wrong.said else "name", wrong=wrong, name=form.text("name")
        )
    request.app.state.doorkeeper.forget()
    said = render.fragment("pages/goodbye.jinja", stays=leaving.STAYS, name=me.name)
    return render.html(said, cookies=[render.own_cookie(SESSION_COOKIE, "", 0)])


HANDLERS = [data, pack, bring_along, leave]
