"""Privacy: who sees what, who finds one, who may follow, quote and remix, and whose alerts come through."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import people, profile
from bowerbird.accounts.people import Person
from bowerbird.core.errors import Invalid
from bowerbird.door import Ask, pool
from bowerbird.social import notification_requests, policies, requests
from bowerbird.web import asking, render

HELD = ("not_following", "not_followers", "new_accounts", "private_mentions")


@get("/settings/privacy")
async def read(request: Ask) -> Response[Any]:
    """What one has chosen."""
    return await _page(request, await asking.me(request))


async def _page(request: Ask, me: Person, wrong: Invalid | None = None) -> Response[str]:
    async with pool(request).reading() as db:
        me = await people.by_id(db, me.id)
        policy, (held, _) = asdict(await policies.of(db, me)), await notification_requests.pending(db, me.id)
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "settings/privacy.jinja", shared, status=422 if wrong else 200, person=me, policy=policy, held=held,
        errors={"privacy": wrong.said} if wrong else {},
    )  # fmt: skip


@post("/settings/privacy", status_code=303)
async def write(request: Ask) -> Response[Any]:
    """Choose anew. Who waited to follow a locked account follows once it is open."""
    me = await asking.me(request)
    form = await asking.form(request)
    try:
        async with pool(request).transaction() as db:
            before = await people.by_id(db, me.id)
            await people.edit(db, me, default_visibility=form.text("default_visibility", me.default_visibility))
            permitted = {
                "remix": form.text("remix_default", me.may_remix), "quote": form.text("quote_default", me.may_quote),
                "ai_reply": form.text("ai_reply", me.may_ai_reply), "ai_read": form.text("ai_read", me.may_ai_read),
            }  # fmt: skip
            await people.permit(db, me, permitted)
            wishes = profile.Wishes(
                locked=form.on("locked"), hide_collections=form.on("hide_collections"), discoverable=form.on("discoverable"),
                indexable=form.on("indexable"), searchable=form.on("searchable"), default_sensitive=form.on("default_sensitive"),
            )  # fmt: skip
            now = await profile.change(db, me, wishes)
            if before.locked and not now.locked:
                await requests.authorize_all(db, now)
            chosen = asdict(await policies.of(db, me))
            if said := {name: form.text(name) for name in HELD if form.on(name) and form.text(name) != chosen[name]}:
                await policies.change(db, me, said)
    except Invalid as wrong:
        return await _page(request, me, wrong)
    request.app.state.doorkeeper.forget()
    return render.redirect("/settings/privacy", toast="Saved.")


HANDLERS = [read, write]
