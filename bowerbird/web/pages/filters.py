"""Filters: words one would rather not read, where, and what is done about them."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.ids import parse
from bowerbird.door import Ask, id_of, pool
from bowerbird.social import filter_edits, filter_rows, filters
from bowerbird.social.filter_rows import Filter
from bowerbird.web import asking, render
from bowerbird.web.asking import Form

UNTIL = {"": None, "1800": 1_800, "3600": 3_600, "86400": 86_400, "604800": 604_800, "2592000": 2_592_000}
KEPT = "kept"  # the end that was said before


@get("/settings/filters")
async def mine(request: Ask) -> Response[Any]:
    """One's filters, and the form for a new one."""
    return await _page(request, await asking.me(request))


@get("/settings/filters/{id_:str}")
async def one(request: Ask, id_: str) -> Response[Any]:
    """The form to change one."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        found = await filter_rows.one(db, me.id, id_of(id_))
    return await _page(request, me, found)


async def _page(
    request: Ask, me: Person, found: Filter | None = None, *, form: Form | None = None, wrong: Invalid | None = None
) -> Response[str]:
    async with pool(request).reading() as db:
        all_, shared = await filter_rows.of(db, me.id), await asking.context(request, db, me)
    typed: dict[str, Any] = {
        "title": found.row.title if found else "",
        "words": "\n".join(k.keyword for k in found.keywords) if found else "",
        "whole": all(k.whole_word for k in found.keywords) if found else True,
        "contexts": found.row.contexts if found else ["home", "public", "notifications", "thread"],
        "action": found.row.action if found else "warn",
    }
    if form:
        typed = {
            "title": form.text("title"), "words": form.text("words"), "whole": form.on("whole"),
            "contexts": form.lists.get("context", []), "action": form.text("action"),
        }  # fmt: skip
    errors = {"filter": wrong.said} if wrong else {}
    return asking.page(
        request,
        "settings/filters.jinja",
        shared,
        status=422 if wrong else 200,
        filters=all_,
        one=found,
        typed=typed,
        errors=errors,
    )


@post("/settings/filters", status_code=303)
async def create(request: Ask) -> Response[Any]:
    """Make one."""
    me = await asking.me(request)
    return await _save(request, me, await asking.form(request), None)


@post("/settings/filters/{id_:str}/{verb:str}", status_code=303)
async def change(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Change one or take it away."""
    me = await asking.me(request)
    form = await asking.form(request)
    if verb == "change":
        return await _save(request, me, form, id_of(id_))
    async with pool(request).transaction() as db:
        if verb == "remove":
            await filter_edits.remove(db, me, id_of(id_))
        elif verb == "let":
            await filter_edits.remove_post(db, me, parse(form.text("post")) or 0)
        else:
            raise NotFound
    filters.kept.forget(me.id)
    return render.redirect("/settings/filters", toast="The filter is gone." if verb == "remove" else "Saved.")


async def _save(request: Ask, me: Person, form: Form, id_: int | None) -> Response[Any]:
    contexts, until = form.lists.get("context", []), form.text("until")
    found = None
    try:
        if until not in UNTIL and not (until == KEPT and id_):
            raise Invalid("Choose how long the filter works.")
        lasting = UNTIL.get(until)
        async with pool(request).transaction() as db:
            if id_ is None:
                saved = await filter_edits.create(db, me, form.text("title"), contexts, form.text("action"), lasting)
            else:
                found = await filter_rows.one(db, me.id, id_)
                saved = await filter_edits.change(
                    db, me, id_, title=form.text("title"), contexts=contexts, action=form.text("action"), expires_in_s=lasting,
                    forever=until == "",
                )  # fmt: skip
            await _words(db, me, saved, form.text("words"), form.on("whole"))
    except Invalid as wrong:
        return await _page(request, me, found, form=form, wrong=wrong)
    filters.kept.forget(me.id)
    return render.redirect("/settings/filters", toast="Saved. It works at once.")


async def _words(db: Database, me: Person, found: Filter, text: str, whole: bool) -> None:
    """Have exactly these words in it, one a line."""
    wanted = list(dict.fromkeys(line for said in text.split("\n") if (line := " ".join(said.split()))))
    if not wanted and not found.posts:
        raise Invalid("Say at least one word, each on a line of its own.")
    for keyword in found.keywords:
        if keyword.keyword not in wanted:
            await filter_edits.remove_keyword(db, me, keyword.id)
        elif keyword.whole_word != whole:
            await filter_edits.change_keyword(db, me, keyword.id, None, whole)
    known = {keyword.keyword for keyword in found.keywords}
    for word in wanted:
        if word not in known:
            await filter_edits.add_keyword(db, me, found.id, word, whole_word=whole)


HANDLERS = [mine, one, create, change]
