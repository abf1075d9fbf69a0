"""What may teach, said where it comes up: the question that is asked once, and that one is under 18."""

from __future__ import annotations

from typing import Any

from litestar import Response, post

from bowerbird.core.errors import NotFound
from bowerbird.door import Ask, pool
from bowerbird.events import consent, minors, questions
from bowerbird.web import asking, render, teachings

ASKED: dict[str, consent.Purpose] = {one: one for one in questions.ASKED}
TOLD = {True: "Thank you. From now on they may.", False: "They will not. You are not asked again.", None: ""}


@post("/learning/questions/{purpose:str}", status_code=303)
async def answer(request: Ask, purpose: str) -> Response[Any]:
    """Yes, no, or neither: it is not asked again."""
    me = await asking.me(request)
    form = await asking.form(request)
    known, said = ASKED.get(purpose), form.text("answer")
    if known is None or said not in teachings.SAID:
        raise NotFound
    async with pool(request).transaction() as db:
        await questions.close(db, me.id, known, teachings.SAID[said])
    return render.redirect(render.local(form.text("back")), toast=TOLD[teachings.SAID[said]])


@post("/learning/minor", status_code=303)
async def be_minor(request: Ask) -> Response[Any]:
    """Say that one is under 18, or that one is not."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        await (minors.say if form.on("minor") else minors.unsay)(db, me.id, me.id)
    request.app.state.doorkeeper.forget()
    told = "Nothing is learned from you." if form.on("minor") else "Saved. Everything stays off until you switch it on."
    return render.redirect("/settings/learning#minor", toast=told)


HANDLERS = [answer, be_minor]
