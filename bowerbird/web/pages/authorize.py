"""A program asks to be let in: the page that says what for, the person's yes or no, and the code to carry over by hand."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from litestar import Response, get, post

from bowerbird.accounts import oauth, sessions
from bowerbird.accounts.apps import OUT_OF_BAND
from bowerbird.accounts.oauth import Refused, Wish
from bowerbird.accounts.people import Person
from bowerbird.core import live
from bowerbird.door import SESSION_COOKIE, Ask, pool
from bowerbird.web import asking, render
from bowerbird.web.pages import POLICY

CODE_LENGTH_MAX = 100


@get("/oauth/authorize")
async def ask(request: Ask) -> Response[Any]:
    """What a program asks for, and whether it may."""
    me = await asking.me(request)
    try:
        async with pool(request).reading() as db:
            asked = await oauth.wish(db, dict(request.query_params))
            shared = await asking.context(request, db, me)
    except Refused as no:
        return _elsewhere(no.where)
    return _page(request, asked, shared)


@post("/oauth/authorize", status_code=303)
async def say(request: Ask) -> Response[Any]:
    """Yes or no."""
    me = await asking.me(request)
    form = await asking.form(request)
    yes: Person | None = me if form.text("decision") == "yes" else None
    try:
        async with pool(request).transaction() as db:
            asked = await oauth.wish(db, form.fields)
            where, code = await oauth.answer(db, asked, yes)
    except Refused as no:
        return _elsewhere(no.where)
    if asked.redirect_uri != OUT_OF_BAND:
        return _elsewhere(where)
    return render.redirect(
        f"/oauth/authorize/native?{urlencode({'code': code})}" if code else "/", toast="" if code else "Not let in."
    )


@get("/oauth/authorize/native")
async def code(request: Ask) -> Response[Any]:
    """The code, for a program that nothing can be sent to."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        shared = await asking.context(request, db, me)
    return asking.page(request, "pages/code.jinja", shared, code=request.query_params.get("code", "")[:CODE_LENGTH_MAX])


@post("/oauth/authorize/again", status_code=303)
async def again(request: Ask) -> Response[Any]:
    """Sign in anew, perhaps as somebody else, and come back to the same question."""
    form = await asking.form(request)
    found = await asking.visitor(request)
    if found.person and found.session_id:
        async with pool(request).transaction() as db:
            await sessions.revoke(db, found.person, found.session_id)
            await live.tell(db, ["people"], "people", found.person.id)
        request.app.state.doorkeeper.forget()
    fields = {name: form.text(name) for name in oauth.WISH_FIELDS if name != "force_login" and form.text(name)}
    where = urlencode({"next": f"/oauth/authorize?{urlencode(fields)}"})
    return render.redirect(f"/signin?{where}", cookies=[render.own_cookie(SESSION_COOKIE, "", 0)])


def _page(request: Ask, asked: Wish, shared: dict[str, Any]) -> Response[str]:
    place = urlsplit(asked.redirect_uri)
    back = f"{place.scheme}://{place.netloc}" if place.scheme in ("http", "https") else f"{place.scheme}:"
    force = asked.fields.get("force_login", "").lower() in ("true", "1")
    page = asking.page(
        request, "pages/authorize.jinja", shared, app=asked.app, words=asked.words, fields=asked.fields, force_login=force,
        host=place.netloc if place.scheme in ("http", "https") else "",
    )  # fmt: skip
    # browsers hold a form's answer to this rule as well, where it sends them on to the program
    page.headers["Content-Security-Policy"] = POLICY.replace("form-action 'self'", f"form-action 'self' {back}")
    return page


def _elsewhere(where: str) -> Response[bytes]:
    """On to the program, at an address it has registered."""
    return Response(
        b"", status_code=303, headers={"Location": where, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )


HANDLERS = [ask, say, code, again]
