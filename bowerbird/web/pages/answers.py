"""Answers in the private chat: watched as they are written, stopped, asked for again, compared, rated; and what they propose."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Response, get, post
from litestar.response import Stream

from bowerbird.assistant import calls, messages
from bowerbird.assistant.messages import REASONS, Said
from bowerbird.core.errors import NotFound
from bowerbird.door import Ask, id_of, pool
from bowerbird.events import questions
from bowerbird.web import asking, easels, live, render, talks
from bowerbird.web.live import Watching
from bowerbird.web.pages.chat import brought, shown

NOTES = {
    "not_true": "Not true", "not_asked": "Not what I asked", "too_long": "Too long", "unkind": "Unkind", "wrong_language": "Wrong language",
    "did_not_follow": "Did not follow", "helpful": "Helpful", "beautiful": "Beautifully said", "exact": "Exact",
}  # fmt: skip
assert set(NOTES) == set(REASONS)


class Writing(Watching):
    """The stream of one answer: its words and its calls as they come."""

    async def answer(self, id_: int) -> AsyncGenerator[bytes]:
        """`calls` and `words` as they change, `done` at the end. Whoever comes back gets what is there now."""
        with self.hub.subscribe(f"message:{id_}") as queue:
            sent: dict[str, Any] = {}
            while await self._welcome():
                async with self.pool.reading() as db:
                    turn = (await talks.turns(db, self.me, [await messages.own(db, self.me, id_)]))[0]
                marks = {
                    "calls": [(chip.id, chip.state) for chip in turn.chips],
                    "words": (turn.message.text, turn.message.state),
                }
                for name, mark in marks.items():
                    if sent.get(name) != mark:
                        sent[name] = mark
                        yield live.event(name, render.fragment(f"fragments/{name}.jinja", turn=turn, csrf=self.csrf))
                if not turn.message.under_way:
                    yield live.event("done", turn.message.state)
                    return
                if not await live.gathered(queue):
                    yield b": still here\n\n"


@get("/chat/messages/{id_:str}/live")
async def watch(request: Ask, id_: str) -> Stream:
    """An answer as it is written."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        one = await messages.own(db, me, id_of(id_))
    return Stream(live.told(Writing(request, me).answer(one.id)), media_type="text/event-stream")


@get("/chat/messages/{id_:str}/compare")
async def compare(request: Ask, id_: str) -> Response[Any]:
    """All answers to one message, side by side."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        one = await messages.own(db, me, id_of(id_))
        ids = (await messages.siblings(db, [one]))[one.id]
        beside = await talks.turns(db, me, [await messages.own(db, me, other) for other in ids[-6:]])
        asked = await messages.own(db, me, one.parent_id) if one.parent_id else None
        return await shown(request, db, me, "pages/chat_compare.jinja", one=one, beside=beside, asked=asked)


@get("/chat/paintings/{id_:str}")
async def painting(request: Ask, id_: str) -> Response[Any]:
    """The pictures of one generation as an answer shows them."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        found = await easels.look(db, me, id_of(id_))
    return render.html(render.fragment("fragments/painting.jinja", generation=found, csrf=asking.csrf_of(request)))


@post("/chat/messages/{id_:str}/{verb:str}", status_code=303)
async def act(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Stop, ask again, say in other words, show another branch, rate."""
    me = await asking.me(request)
    form = await asking.form(request)
    if verb in ("again", "reword"):
        talks.allow()
    async with pool(request).reading() as db:
        one = await messages.own(db, me, id_of(id_))
    media = await brought(request, me, form) if verb == "reword" else []
    async with pool(request).transaction() as db:
        match verb:
            case "stop":
                await messages.stop(db, me, one.id)
            case "again":
                await messages.again(db, me, one.id, form.text("tier"))
            case "reword":
                await messages.reword(db, me, one.id, Said(text=form.text("text"), media_ids=[*one.media_ids, *media]))
            case "show":
                await messages.turn_to(db, me, one.id)
            case "rate":
                thumb = {"1": 1, "-1": -1}.get(form.text("thumb"), 0)
                await messages.rate(db, me, one.id, thumb, form.lists.get("reason", []), form.text("note"))
                if thumb:
                    await questions.ask(db, me.id, "train_assistant_feedback", one.id)
            case _:
                raise NotFound
    return render.redirect(f"/chat/{one.conversation_id}")


@post("/chat/calls/{id_:str}/{verb:str}", status_code=303)
async def decide(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Have done what was proposed, or not."""
    me = await asking.me(request)
    await asking.form(request)
    if verb == "press":
        talks.allow()
        call = await calls.press(pool(request), me, id_of(id_))
    elif verb == "decline":
        async with pool(request).transaction() as db:
            call = await calls.decline(db, me, id_of(id_))
    else:
        raise NotFound
    async with pool(request).reading() as db:
        one = await messages.own(db, me, call.message_id)
    return render.redirect(f"/chat/{one.conversation_id}")


HANDLERS = [watch, compare, painting, act, decide]
