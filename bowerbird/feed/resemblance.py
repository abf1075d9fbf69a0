"""More or less like a post: the wish that says so, made of what the post is about, so that it can be read and taken back like any other."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bowerbird.feed import topics
from bowerbird.feed.draft import Draft, alike
from bowerbird.feed.recipe import Recipe, Wish

TOPICS_MAX = 2  # a wish speaks of what has all of its topics: with more it would speak of this post alone
STRENGTH = 1.0


def about(words: str, tags: tuple[str, ...] = ()) -> list[str]:
    """The first things that words name, each as exactly as it is named; else the first hashtags."""
    found: list[str] = []
    for _, _, named in topics.places(words):
        exact = [one for one in sorted(named) if not any(one in topics.above(other) for other in named - {one})]
        found += [one for one in exact if one not in found]
    tagged = [topic for tag in tags for topic in sorted(topics.named(f"#{tag}"))]
    specific = [one for one in [*found, *tagged] if not any(one in topics.above(other) for other in found if other != one)]
    return list(dict.fromkeys(specific))[:TOPICS_MAX]


def wished(
    recipe: Recipe, section: Literal["more", "less"], words: str, tags: tuple[str, ...], author: str, now: datetime
) -> Draft:
    """The recipe with one wish more, and what changed in plain words. A post that is about nothing we know of stands
    for its author; nothing changes where that is wished already."""
    meant = about(words, tags)
    said = " and ".join(topics.label(topic) for topic in meant) or f"@{author}"
    people = [] if meant else [author.lower()]
    draft, wish = Draft(recipe, now), Wish(words=said, topics=sorted(meant), people=people)
    if not any(alike(old, wish) for old in recipe.wishes(section)):
        draft.wish(section, said, frozenset(meant), people, STRENGTH, None)
    return draft
