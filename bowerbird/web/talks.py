"""Conversations with the assistant as the pages' templates read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.assistant import calls, conversations, messages, quoting, sharing
from bowerbird.assistant.calls import Call
from bowerbird.assistant.conversations import Conversation
from bowerbird.assistant.messages import Message
from bowerbird.core.database import Database
from bowerbird.core.errors import NotAllowed, NotFound
from bowerbird.core.ids import parse
from bowerbird.core.settings import settings
from bowerbird.inference import chat
from bowerbird.media import attachments
from bowerbird.media.attachments import Attachment
from bowerbird.web import easels, markdown

LISTED = 60
ICONS = {
    "search_posts": "search", "read_thread": "list", "trends": "poll", "who_is": "user", "draw": "imagine", "remix": "remix", "draft_post": "edit",
    "remember": "bookmark",
}  # fmt: skip
WILL = {
    "draw": "Paint this", "remix": "Paint this from that picture", "draft_post": "Write this draft", "remember": "Remember this",
}  # fmt: skip
FIELDS = {
    "query": "Looked for",
    "post": "Post",
    "name": "Name",
    "prompt": "Words",
    "picture": "Picture",
    "text": "Text",
    "fact": "Fact",
}
DOING = {
    "search_posts": "Searching posts", "read_thread": "Reading the thread", "trends": "Looking at what is liked", "who_is": "Looking somebody up",
    "draw": "Getting the brushes", "remix": "Getting the brushes", "draft_post": "Writing a draft", "remember": "Writing it down",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chip:
    """A call of a tool: `line` on the chip; `asked` [(what, words)] and `told` inside it; what it made."""

    id: int
    tool: str
    state: str
    icon: str
    line: str
    asked: list[tuple[str, str]]
    told: str
    draft: str
    painting: easels.Generation | None
    gone: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """A message on the page. `place` of `places` siblings; `before` and `after` are the ids of those beside it."""

    message: Message
    html: str
    chips: list[Chip]
    pictures: list[Attachment]
    place: int
    places: int
    before: int | None
    after: int | None

    @property
    def id(self) -> int:
        """The message's."""
        return self.message.id


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation on the page; `summed`: how many messages stand in the summary."""

    conversation: Conversation
    turns: list[Turn]
    summed: int

    @property
    def writing(self) -> Turn | None:
        """The answer that is being written."""
        return self.turns[-1] if self.turns and self.turns[-1].message.under_way else None


@dataclass(frozen=True, slots=True)
class Line:
    """One in the list."""

    conversation: Conversation
    writing: bool
    shared: bool


def offered() -> bool:
    """Whether there is an assistant here at all."""
    return settings().assistant != "off"


def allow() -> None:
    """Raises NotAllowed where it is switched off."""
    if not offered():
        raise NotAllowed("The assistant is switched off on this server.")


async def listing(db: Database, me: Person, query: str, *, archived: bool, after: str = "") -> list[Line]:
    """One's own, as the list shows them."""
    found = await conversations.of(db, me, archived=archived, query=query[:200], after_id=parse(after), limit=LISTED)
    shared = await sharing.shared(db, me, [one.id for one in found])
    heads = {one.id: await messages.head(db, one) for one in found[:8] if one.head_id}
    return [Line(one, bool(heads.get(one.id) and heads[one.id].under_way), bool(shared.get(one.id))) for one in found]


async def talk(db: Database, me: Person, conversation_id: int) -> Talk:
    """The branch that is shown. Raises NotFound for another's."""
    conversation = await conversations.own(db, me, conversation_id)
    branch = await messages.branch(db, conversation.head_id)
    shown = await turns(db, me, branch)
    summed = sum(1 for one in branch if conversation.summary and one.id <= (conversation.summary_up_to or 0))
    return Talk(conversation, shown, summed)


async def turns(db: Database, me: Person, shown: Sequence[Message]) -> list[Turn]:
    """Messages with what belongs to them."""
    called = await calls.of(db, [one.id for one in shown])
    beside = await messages.siblings(db, shown)
    pictures = {one.id: one for one in await attachments.of(db, [id_ for one in shown for id_ in one.media_ids])}
    links = await _own_links(db, shown)
    found = list[Turn]()
    for one in shown:
        ids = beside.get(one.id, [one.id])
        at = ids.index(one.id)
        chips = [await _chip(db, me, call) for call in called.get(one.id, [])]
        found.append(
            Turn(
                one, markdown.rendered(one.text, one.sources, links) if one.role == "assistant" else "", chips,
                [pictures[id_] for id_ in one.media_ids if id_ in pictures], at + 1, len(ids),
                ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None,
            )
        )  # fmt: skip
    return found


async def _own_links(db: Database, shown: Sequence[Message]) -> frozenset[str]:
    """The addresses that the person wrote before the last of these messages: an answer may lead there."""
    if not any(one.role == "assistant" and "http" in one.text for one in shown):
        return frozenset()
    said = shown if shown[0].parent_id is None else await messages.branch(db, shown[-1].id)
    return frozenset().union(*(quoting.links_of(one.text) for one in said if one.role == "user"))


async def _chip(db: Database, me: Person, call: Call) -> Chip:
    painting, gone = None, False
    generation_id = parse(str(call.answer.get("generation_id", "")))
    if generation_id:
        try:
            painting = await easels.look(db, me, generation_id)
        except NotFound:
            gone = True
    said = str(call.answer.get("said", "") or "")
    if call.state == "waiting":
        said = f"{WILL.get(call.tool, 'Do this')}?"
    elif call.state == "declined":
        said = "You said no"
    elif call.state == "running":
        said = f"{DOING.get(call.tool, 'Working')} …"
    asked = [(FIELDS.get(name, name.capitalize()), str(words)) for name, words in call.asked.items() if words]
    return Chip(
        call.id, call.tool, call.state, ICONS.get(call.tool, "sliders"), said or "Done", asked, _told(call), str(call.answer.get("draft", "") or ""),
        painting, gone,
    )  # fmt: skip


def _told(call: Call) -> str:
    """What the tool answered, without the marks that are for the model."""
    text = str(call.answer.get("text", "") or "")
    return text.replace("<data>\n", "").replace("\n</data>", "").strip() if call.state in ("done", "failed") else ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A tier to choose, with who that is."""

    tier: str
    name: str
    about: str
    model: str
    endpoint: str
    up: bool


async def choices() -> list[Choice]:
    """Auto and the tiers."""
    states = await chat.state()
    about = {"full": "Long and many-step work", "mini": "Everyday talk", "nano": "Short, and fast"}
    found = [Choice(one.tier, one.tier.capitalize(), about[one.tier], one.model, one.endpoint, one.up) for one in states]
    return [Choice("", "Auto", "Fits the tier to what you ask, and says why", "", "", any(one.up for one in states)), *found]


def frame(lines: Sequence[Line], tiers: Sequence[Choice], **more: Any) -> dict[str, Any]:
    """What every page of the chat is given."""
    return {"lines": lines, "tiers": tiers, "offered": offered(), "query": "", "archived": False, **more}
