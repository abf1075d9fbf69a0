"""Quoting with the author's consent: they say beforehand who may, are told, and can take any quote of theirs back."""

from __future__ import annotations

from dataclasses import replace

from bowerbird.accounts.people import Audience, Person
from bowerbird.core.database import Database, of_row
from bowerbird.core.errors import NotFound
from bowerbird.core.paging import Page
from bowerbird.social import fanout, posts
from bowerbird.social.posts import Post
from bowerbird.social.visibility import visible_to


async def revoke(db: Database, me: Person, post_id: int, quote_id: int) -> Post:
    """Take one's own post out of another's quote of it; their words stay. Raises NotFound where it is no quote of mine."""
    mine = await posts.own(db, me, post_id)
    quote = await db.maybe(  # that it quotes me is leave enough: I need not be among those who may read it
        Post,
        f"select {posts.COLUMNS} from social.posts where id = %s and quote_of_id = %s and quote_state = 'accepted' for update",
        quote_id, mine.id,
    )  # fmt: skip
    if quote is None:
        raise NotFound
    await db.execute("update social.posts set quote_state = 'revoked' where id = %s", quote_id)
    if quote.visibility in posts.EVERYONES and quote.deleted_at is None:
        await posts.count(db, "quotes_count", mine.id, -1)
    await fanout.retell(db, quote, "edit")
    return replace(quote, quote_state="revoked")


async def permit(db: Database, me: Person, post_id: int, who: Audience | None) -> Post:
    """Say who may quote one's own post from now on; quotes that stand stay."""
    post = await posts.own(db, me, post_id)
    await db.execute("update social.posts set may_quote = %s where id = %s", who, post_id)
    await fanout.retell(db, post, "edit")
    return await posts.see(db, me.id, post_id)


async def of(db: Database, viewer_id: int | None, post_id: int, page: Page) -> list[Post]:
    """The posts that quote one, as far as the viewer may see them."""
    await posts.see(db, viewer_id, post_id)
    gate, more = visible_to(viewer_id), page.clause("p.id")
    found = await db.many(
        Post,
        f"""select {of_row(posts.COLUMNS, "p")} from social.posts p
            where p.quote_of_id = %s and p.quote_state = 'accepted'{more.sql} and {gate.sql}{page.tail("p.id")}""",
        post_id, *more.args, *gate.args,
    )  # fmt: skip
    return page.newest_first(found)
