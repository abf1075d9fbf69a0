"""Questions with a few answers to choose from, asked with a post until a given moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bowerbird.core import jobs
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import new_id
from bowerbird.core.settings import settings
from bowerbird.social import text

OPTIONS_MIN = 2
OPTION_LENGTH_MAX = 50
EXPIRES_S_MIN, EXPIRES_S_MAX = 300, 30 * 86_400
COLUMNS = "id, post_id, options, counts, voters_count, multiple, hide_totals, expires_at"


@dataclass(frozen=True, slots=True)
class Ask:
    """A poll as it is asked for."""

    options: Sequence[str]
    expires_in_s: int
    multiple: bool = False
    hide_totals: bool = False


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll; `counts` are the votes of each option, `own_votes` the places of those the viewer chose."""

    id: int
    post_id: int
    options: list[str]
    counts: list[int]
    voters_count: int
    multiple: bool
    hide_totals: bool
    expires_at: datetime
    own_votes: tuple[int, ...] = ()

    @property
    def expired(self) -> bool:
        """Whether it is over."""
        return self.expires_at <= datetime.now(UTC)

    @property
    def totals_shown(self) -> bool:
        """Whether the numbers may be told yet."""
        return self.expired or not self.hide_totals


def checked(ask: Ask) -> Ask:
    """The same, cleaned. Raises Invalid with a sentence for what does not fit."""
    options, most = [text.clean(option) for option in ask.options], settings().poll_options_max
    if not OPTIONS_MIN <= len(options) <= most or len(set(options)) != len(options) or not all(options):
        raise Invalid(f"A poll has {OPTIONS_MIN} to {most} different answers to choose from.")
    if max(map(len, options)) > OPTION_LENGTH_MAX:
        raise Invalid(f"An answer has up to {OPTION_LENGTH_MAX} characters.")
    if not EXPIRES_S_MIN <= ask.expires_in_s <= EXPIRES_S_MAX:
        raise Invalid("A poll runs for 5 minutes to 30 days.")
    return Ask(options, ask.expires_in_s, ask.multiple, ask.hide_totals)


async def attach(db: Database, post_id: int, ask: Ask) -> Poll:
    """Ask it with a post; the one the post had before goes, with its votes. Raises Invalid."""
    asked, id_ = checked(ask), new_id()
    await db.execute("delete from social.polls where post_id = %s", post_id)
    poll = await db.one(
        Poll,
        f"""insert into social.polls (id, post_id, options, counts, multiple, hide_totals, expires_at)
            values (%s, %s, %s, array_fill(0, array[%s::int]), %s, %s, now() + make_interval(secs => %s)) returning {COLUMNS}""",
        id_, post_id, list(asked.options), len(asked.options), asked.multiple, asked.hide_totals, asked.expires_in_s,
    )  # fmt: skip
    await jobs.defer(db, "social:poll_end", after_s=asked.expires_in_s, poll_id=str(id_))
    return poll


async def of_posts(db: Database, viewer_id: int | None, post_ids: Sequence[int]) -> dict[int, Poll]:
    """The polls of posts that passed a gate, by post id, with what the viewer chose."""
    if not post_ids:
        return {}
    found = await db.many(Poll, f"select {COLUMNS} from social.polls where post_id = any(%s)", list(post_ids))
    chosen = await votes_of(db, viewer_id, [poll.id for poll in found])
    return {poll.post_id: with_votes(poll, chosen.get(poll.id, ())) for poll in found}


async def votes_of(db: Database, viewer_id: int | None, poll_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """What someone chose, by poll id."""
    if viewer_id is None or not poll_ids:
        return {}
    rows = await db.rows(
        "select poll_id, array_agg(choice order by choice) from social.poll_votes where account_id = %s and poll_id = any(%s) group by 1",
        viewer_id, list(poll_ids),
    )  # fmt: skip
    return {poll_id: tuple(choices) for poll_id, choices in rows}


def with_votes(poll: Poll, chosen: tuple[int, ...]) -> Poll:
    """The same poll as someone who chose these sees it."""
    return Poll(
        poll.id, poll.post_id, poll.options, poll.counts, poll.voters_count, poll.multiple, poll.hide_totals, poll.expires_at, chosen
    )  # fmt: skip
