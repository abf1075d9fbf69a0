"""The Mastodon client API: each module a part of it; here the list of all."""

from __future__ import annotations

from types import ModuleType

from litestar import Router
from litestar.handlers import HTTPRouteHandler


def routes() -> list[Router | HTTPRouteHandler]:
    """Every route of it."""
    from bowerbird.api.mastodon import accounts, instance, media, notifications, quotes, reactions, search, statuses, timelines

    modules = (accounts, instance, media, notifications, quotes, reactions, search, statuses, timelines)
    return [module.routes for module in (*modules, *_doors(), *_people(), *_told(), *_network())]


def _doors() -> tuple[ModuleType, ...]:
    """How programs are let in and what they are told of the house."""
    from bowerbird.api import wellknown
    from bowerbird.api.mastodon import (
        about,
        announcements,
        apps,
        emails,
        emojis,
        markers,
        oauth,
        preferences,
        push,
        registrations,
        reports,
        streaming,
    )

    return (
        wellknown,
        about,
        announcements,
        apps,
        emails,
        emojis,
        markers,
        oauth,
        preferences,
        push,
        registrations,
        reports,
        streaming,
    )


def _network() -> tuple[ModuleType, ...]:
    """What stands beside a post: its poll, its time, how it is shown elsewhere, what many care about."""
    from bowerbird.api.mastodon import oembed, polls, scheduled, trends

    return (oembed, polls, scheduled, trends)


def _people() -> tuple[ModuleType, ...]:
    """Oneself, others and how one stands to them."""
    from bowerbird.api.mastodon import credentials, directory, follow_requests, hidden, lists, relations, tags

    return (credentials, relations, follow_requests, hidden, directory, lists, tags)


def _told() -> tuple[ModuleType, ...]:
    """What one is told, and what one would rather not read."""
    from bowerbird.api.mastodon import conversations, filter_parts, filters, filters_v1, grouped, policies

    return (conversations, filters, filter_parts, filters_v1, grouped, policies)
