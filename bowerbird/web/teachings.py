"""What somebody said may teach, as pages show it: for one conversation, and the question that is asked once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.assistant import conversations
from bowerbird.core.database import Database
from bowerbird.events import consent, questions
from bowerbird.web.asking import Form
from bowerbird.web.talks import Talk

SAID: dict[str, bool | None] = {"yes": True, "no": False, "": None}


async def of_talk(db: Database, me: Person, talk: Talk) -> dict[str, Any]:
    """For the page of a conversation: `teaches`, [(purpose, what is said for it, what holds for the account)], and `question`, the answer beside
    which one is asked."""
    own, account = await conversations.consents(db, me, talk.conversation.id), await consent.of(db, me.id)
    return {
        "teaches": [(purpose, own[purpose], bool(account[purpose])) for purpose in conversations.TEACHES],
        "question": await questions.open_(db, me.id, "train_assistant_feedback"),
    }


def answers(form: Form, purposes: Sequence[consent.Purpose]) -> dict[str, bool | None]:
    """What a form says of these; what it does not name stays."""
    return {one: SAID[form.text(one)] for one in purposes if form.on(one) and form.text(one) in SAID}
