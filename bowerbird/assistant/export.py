"""A conversation to take along: the branch that is shown as Markdown, or everything as JSON."""

from __future__ import annotations

from typing import Any

from bowerbird.assistant import calls, messages
from bowerbird.assistant.conversations import Conversation
from bowerbird.assistant.messages import COLUMNS, Message
from bowerbird.core.database import Database
from bowerbird.core.ids import at


async def markdown(db: Database, conversation: Conversation) -> bytes:
    """The branch that is shown, as text that people read."""
    parts = [f"# {conversation.title or 'A conversation'}\n"]
    for one in await messages.branch(db, conversation.head_id):
        who = "You" if one.role == "user" else f"Bower ({one.tier}, {one.model})" if one.model else "Bower"
        parts.append(f"**{who}**, {at(one.id):%Y-%m-%d %H:%M}\n\n{one.text}\n")
        parts += [f"[{number}]: {source['title']} ({source['url']})\n" for number, source in enumerate(one.sources, 1)]
    return "\n".join(parts).encode()


async def everything(db: Database, conversation: Conversation) -> dict[str, Any]:
    """All its messages, of every branch, with what the tools were asked and answered; ids as strings."""
    all_ = await db.many(
        Message, f"select {COLUMNS} from assistant.messages where conversation_id = %s order by id", conversation.id
    )
    called = await calls.of(db, [one.id for one in all_])
    return {
        "id": str(conversation.id), "title": conversation.title, "summary": conversation.summary, "created_at": at(conversation.id),
        "messages": [
            {
                "id": str(one.id), "parent_id": str(one.parent_id) if one.parent_id else None, "role": one.role, "at": at(one.id), "text": one.text,
                "media_ids": [str(id_) for id_ in one.media_ids], "state": one.state, "tier": one.tier, "model": one.model, "why": one.why,
                "prompt_hash": one.prompt_hash, "tokens": one.tokens, "sources": one.sources, "thumb": one.thumb,
                "calls": [{"tool": call.tool, "asked": call.asked, "state": call.state, "answer": call.answer} for call in called.get(one.id, [])],
            }
            for one in all_
        ],
    }  # fmt: skip
