"""What a link leads to, as Mastodon's PreviewCard."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bowerbird.api.mastodon.people import when
from bowerbird.core.settings import settings
from bowerbird.social.previews import Preview


def card(preview: Preview) -> dict[str, Any]:
    """A PreviewCard; its picture comes from this house, so that nobody is watched from elsewhere."""
    where = urlsplit(preview.url)
    image = preview.image_url
    return {
        "url": preview.url,
        "title": preview.title,
        "description": preview.description,
        "language": preview.language,
        "type": preview.kind,
        "author_name": preview.author_name,
        "author_url": preview.author_url,
        "authors": [{"name": preview.author_name, "url": preview.author_url, "account": None}] if preview.author_name else [],
        "provider_name": preview.site,
        "provider_url": f"{where.scheme}://{where.netloc}",
        "html": "",
        "width": preview.image_width,
        "height": preview.image_height,
        "image": settings().origin + image if image else None,
        "image_description": preview.image_alt,
        "embed_url": "",
        "blurhash": preview.blurhash,
        "published_at": when(preview.published_at) if preview.published_at else None,
    }
