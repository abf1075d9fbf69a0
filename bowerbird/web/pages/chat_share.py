"""A piece of a private conversation for everyone: choose, see exactly what becomes public, publish that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.assistant import conversations, messages, sharing
from bowerbird.assistant.messages import Message
from bowerbird.assistant.sharing import MESSAGES_MAX
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, TooLarge, TooMany, Trouble
from bowerbird.core.ids import parse
from bowerbird.core.settings import settings
from bowerbird.door import Ask, id_of, pool
from bowerbird.media import attachments
from bowerbird.social import private_data
from bowerbird.web import asking, render, talks

OFFERED = 40  # messages to choose from, the last ones


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to share; `text` None: as the preview has it."""

    chosen: list[int]
    text: str | None = None
    media_ids: list[int] | None = None
    wrong: str = ""
    anyway: bool = False
    names: bool = False


@get("/chat/{id_:str}/share")
async def choose(request: Ask, id_: str) -> Response[Any]:
    """Choose messages; what would become public of them."""
    me = await asking.me(request)
    sent = request.query_params.getall("message", [])
    async with pool(request).reading() as db:
        return await _page(request, db, me, id_of(id_), Wish(_ids(sent)), asked="chosen" in request.query_params)


async def _page(
    request: Ask, db: Database, me: Person, conversation_id: int, wish: Wish, *, asked: bool, status: int = 200
) -> Response[str]:
    conversation = await conversations.own(db, me, conversation_id)
    offered = [one for one in await messages.branch(db, conversation.head_id) if not one.under_way and one.text.strip()][
        -OFFERED:
    ]
    chosen = wish.chosen or ([] if asked else _last(offered))
    wrong, preview = wish.wrong, None
    if chosen:
        try:
            preview = await sharing.preview(db, me, conversation.id, chosen)
        except Invalid as refused:
            wrong = wrong or refused.said
    text = (wish.text if wish.text is not None else preview.text) if preview else ""
    pictures = await attachments.of(db, preview.media_ids) if preview else []
    shared = await asking.context(request, db, me)
    return asking.page(
        request, "pages/chat_share.jinja", shared, status=status, conversation=conversation, messages=offered, chosen=set(chosen), preview=preview,
        text=text, pictures=pictures, taken=set(preview.media_ids if wish.media_ids is None else wish.media_ids) if preview else set[int](),
        findings=private_data.found(text), named=await sharing.named(db, me, text), wish=wish,
        over=max(0, len(text) - settings().text_length_max), wrong=wrong, offered=talks.offered(),
        messages_max=MESSAGES_MAX,
    )  # fmt: skip


def _last(offered: Sequence[Message]) -> list[int]:
    """The last question and its answer."""
    pair = [one.id for one in offered[-2:]]
    return pair if len(offered) >= 2 and offered[-1].role == "assistant" else pair[-1:]


@post("/chat/{id_:str}/share", status_code=303)
async def share(request: Ask, id_: str) -> Response[Any]:
    """Publish the text that was shown, or edited; nothing else."""
    me = await asking.me(request)
    form = await asking.form(request)
    wish = Wish(
        _ids(form.lists.get("message", [])), form.text("text"), _ids(form.lists.get("media_id", [])),
        anyway=form.on("anyway"), names=form.on("names"),
    )  # fmt: skip
    try:
        async with pool(request).transaction() as db:
            post_ = await sharing.share(
                db, me, id_of(id_), wish.chosen, wish.text or "", wish.media_ids or [], anyway=wish.anyway, names=wish.names
            )
    except (Invalid, TooLarge, TooMany) as wrong:
        return await _again(request, me, id_of(id_), wish, wrong)
    return render.redirect(f"/posts/{post_.id}", toast="Shared. The rest of the conversation stays private.")


async def _again(request: Ask, me: Person, conversation_id: int, wish: Wish, wrong: Trouble) -> Response[Any]:
    said = replace(wish, wrong=wrong.said)
    async with pool(request).reading() as db:
        return await _page(request, db, me, conversation_id, said, asked=True, status=wrong.status)


def _ids(texts: Sequence[str]) -> list[int]:
    return [id_ for text in texts[:OFFERED] if (id_ := parse(text))]


HANDLERS = [choose, share]
