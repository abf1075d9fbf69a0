"""The Mastodon client API: each module a part of it; here the list of all."""

from __future__ import annotations

from litestar import Router


def routes() -> list[Router]:
    """Every route of it."""
    from bowerbird.api.mastodon import accounts, instance, media, notifications, search, statuses, timelines

    modules = (accounts, instance, media, notifications, search, statuses, timelines)
    return [module.routes for module in modules]
