"""What a link in a post leads to, looked at by our own house only, kept a while, shown from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bowerbird.core import jobs, live
from bowerbird.core.addresses import OutsideTrouble
from bowerbird.core.database import Database
from bowerbird.core.ids import new_id
from bowerbird.core.secrets import token_hash
from bowerbird.core.settings import settings
from bowerbird.media import blobs
from bowerbird.social import sights, text
from bowerbird.social.sights import Sight

WAIT_S = 10  # a post that is undone never makes this house look
KEPT_DAYS, FAILED_DAYS, FORGOTTEN_DAYS = 7, 1, 30
COLUMNS = """id, url, kind, title, description, language, author_name, author_url, site, image, image_width, image_height, image_alt,
    blurhash, published_at"""


@dataclass(frozen=True, slots=True)
class Preview:
    """A page that is linked to. `image` is a blob of ours; sizes in px."""

    id: int
    url: str
    kind: str
    title: str
    description: str
    language: str | None
    author_name: str
    author_url: str
    site: str
    image: str | None
    image_width: int
    image_height: int
    image_alt: str
    blurhash: str | None
    published_at: datetime | None

    @property
    def image_url(self) -> str | None:
        """Where the page's picture is shown."""
        return blobs.url(self.image) if self.image else None


def first_link(said: str) -> str | None:
    """The first link of a text that leads out of this house."""
    links = (t.value for t in text.tokens(said) if t.kind == "link")
    return next((link for link in links if not (link + "/").startswith(f"{settings().origin}/")), None)


async def wanted(db: Database, post_id: int, said: str) -> None:
    """Have the first link of a new or changed post looked at, in a while."""
    if first_link(said):
        await jobs.defer(db, "social:preview", queue="looking", after_s=WAIT_S, post_id=str(post_id))


async def begin(db: Database, post_id: int) -> str | None:
    """The address to look at for a post; None where there is none any more, or what is known of it will do and was linked."""
    said = await db.value(
        "select text from social.posts where id = %s and deleted_at is null and visibility in ('public', 'unlisted')", post_id
    )
    url = first_link(said or "")
    if url is None:
        await db.execute("delete from social.post_links where post_id = %s", post_id)
        return None
    known = await db.value("select id from social.previews where url_hash = %s and expires_at > now()", token_hash(url))
    if known is None:
        return url
    await _link(db, post_id, known)
    return None


look = sights.look


async def keep(db: Database, post_id: int, url: str, seen: Sight | OutsideTrouble) -> None:
    """Write down what was seen at an address, or that nothing was, and link the post to it."""
    about, image, art = (seen.about, None, seen.picture) if isinstance(seen, Sight) else (None, None, None)
    if art:
        image = await blobs.put(db, art.small, "image/webp")
        await blobs.hold(db, image)
    again = isinstance(seen, OutsideTrouble) and seen.again
    expires = "1 hour" if again else f"{KEPT_DAYS if about else FAILED_DAYS} days"
    said = (
        (about.title, about.description, about.language, about.author_name, about.author_url, about.site)
        if about
        else ("", "", None, "", "", "")
    )
    art_said = (art.small_width, art.small_height, art.blurhash) if art else (0, 0, None)
    known = await db.value(
        """insert into social.previews (id, url_hash, url, failed, title, description, language, author_name, author_url, site, image,
               image_width, image_height, blurhash, image_alt, published_at, expires_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now() + %s::interval)
           on conflict (url_hash) do update set failed = excluded.failed, title = excluded.title, description = excluded.description,
               language = excluded.language, author_name = excluded.author_name, author_url = excluded.author_url, site = excluded.site,
               image = excluded.image, image_width = excluded.image_width, image_height = excluded.image_height,
               blurhash = excluded.blurhash, image_alt = excluded.image_alt, published_at = excluded.published_at,
               expires_at = excluded.expires_at returning id""",
        new_id(), token_hash(url), url, about is None, *said, image, *art_said, about.image_alt if about else "",
        about.published_at if about else None, expires,
    )  # fmt: skip
    await _link(db, post_id, known)


async def of_posts(db: Database, post_ids: Sequence[int]) -> dict[int, Preview]:
    """What the posts link to, by post id; what could not be read is left out."""
    if not post_ids:
        return {}
    links = dict(await db.rows("select post_id, preview_id from social.post_links where post_id = any(%s)", list(post_ids)))
    found = await of(db, list(links.values()))
    return {post_id: found[preview_id] for post_id, preview_id in links.items() if preview_id in found}


async def of(db: Database, ids: Sequence[int]) -> dict[int, Preview]:
    """Previews by id, without those that failed."""
    if not ids:
        return {}
    rows = await db.many(Preview, f"select {COLUMNS} from social.previews where id = any(%s) and not failed", list(ids))
    return {preview.id: preview for preview in rows}


async def forget_unused(db: Database) -> int:
    """Previews that no post shows any more and that are long past, and pictures that no preview has any more; how many previews."""
    gone = await db.execute(
        """delete from social.previews where id in (
               select id from social.previews v where expires_at < now() - make_interval(days => %s)
                  and not exists (select 1 from social.post_links l where l.preview_id = v.id) limit 500)""",
        FORGOTTEN_DAYS,
    )
    await blobs.release(db, await db.values(
        """select hash from media.blobs b where kept_until = 'infinity'
           and not exists (select 1 from social.previews v where v.image = b.hash) limit 500"""
    ))  # fmt: skip
    return gone


async def _link(db: Database, post_id: int, preview_id: int) -> None:
    """Show the preview with the post, if that still stands."""
    await db.execute(
        """insert into social.post_links (post_id, preview_id) select id, %s from social.posts where id = %s
           on conflict (post_id) do update set preview_id = excluded.preview_id""",
        preview_id, post_id,
    )  # fmt: skip
    await live.tell(db, ["counts", f"card:{post_id}"], "edit", post_id)
