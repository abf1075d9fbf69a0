"""Conversations to take along: the branch that is shown as Markdown, everything as JSON, and what of the assistant goes into somebody's archive."""

from __future__ import annotations

from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.assistant import calls, memory, messages
from bowerbird.assistant.conversations import COLUMNS as CONVERSATION
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
                "media_ids": [str(id_) for id_ in one.media_ids], "state": one.state, "tier": one.tier, "model": one.model,
                "release": one.release, "why": one.why, "prompt_hash": one.prompt_hash, "tokens": one.tokens, "sources": one.sources,
                "thumb": one.thumb,
                "calls": [{"tool": call.tool, "asked": call.asked, "state": call.state, "answer": call.answer} for call in called.get(one.id, [])],
            }
            for one in all_
        ],
    }  # fmt: skip


async def files(db: Database, me: Person) -> dict[str, Any]:
    """What an archive holds of the assistant, by file name: every conversation, every fact kept, every question under a post."""
    talks = await db.many(
        Conversation, f"select {CONVERSATION} from assistant.conversations where account_id = %s order by id", me.id
    )
    asked = await db.rows(
        "select id, post_id, task, aloud, said, state, answer, model from assistant.asked where asker_id = %s order by id", me.id
    )
    return {
        "conversations.json": [await everything(db, one) for one in talks],
        "memory.json": [{"text": fact.text, "kept_at": at(fact.id)} for fact in await memory.of(db, me)],
        "asked.json": [
            {"asked_at": at(id_), "post_id": str(post_id), "task": task, "aloud": aloud, "text": said, "state": state, "answer": answer,
             "model": model}
            for id_, post_id, task, aloud, said, state, answer, model in asked
        ],
    }  # fmt: skip
