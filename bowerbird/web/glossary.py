"""What the features of For You mean, in words, and which of them belong together."""

from __future__ import annotations

# families as they are read, one after the other, and what belongs together there
FAMILIES = {
    "Your taste": ("interest", "liked", "topics", "turned_from", "kind_liked"),
    "People like you": ("co_liked", "tree", "nightly"),
    "Who made it": ("follows", "author", "talks", "friends", "author_received"),
    "How it is received": ("rising", "well_received", "public", "hidden_by_others"),
    "New and small": ("new_here", "fresh"),
    "What kind of post it is": ("kind", "quiet"),
}
FAMILY_SAID = {
    "Your taste": "Only of people who let the feed learn. How near a post is to what you liked, and to what you turned away from.",
    "People like you": "Of what else those liked who liked what you liked. Rings of people who only like each other cancel out.",
    "Who made it": "Whether you follow its author, talk with them, or took to their posts before.",
    "How it is received": "Of those who were shown it, how many did what, lately and over three days. Few shows count for little.",
    "New and small": "So that what nobody has seen yet is tried out, and what is a month old makes room.",
    "What kind of post it is": "Pictures or words, remix or not. Small by design.",
}
SAID = {
    "near_interest": "near to one of your interests",
    "near_interest_warm": "the same, once you did more than a little",
    "near_liked": "near to a post you liked",
    "near_turned_from": "near to one you turned away from",
    "topics_liked": "about topics you took to",
    "topics_turned_from": "about topics you turned away from",
    "co_liked": "liked by those who liked what you liked",
    "co_liked_people": "how many of them there are",
    "co_liked_warm": "the same, once you did more than a little",
    "same_tree": "from a remix tree you liked",
    "nightly": "what the nightly model says of you and it",
    "follows_author": "you follow its author",
    "follows_cold": "the same, while you are new",
    "author_liked": "you took to its author’s posts",
    "author_turned_from": "you turned away from its author’s posts",
    "talks_with": "you talk with its author",
    "friends_follow": "those you follow, follow its author",
    "friends_liked": "those you follow liked it",
    "shown_log": "how often it was shown",
    "unproven": "few were shown it so far",
    "author_rate_like": "how its author’s posts are liked",
    "author_rate_hide": "how its author’s posts are turned from",
    "author_unproven": "its author is seldom shown",
    "public_likes": "likes, without those of accounts in their first day",
    "public_boosts": "boosts, the same",
    "public_replies": "replies, the same",
    "has_picture": "has a picture",
    "several_pictures": "has several",
    "words_only": "words only",
    "long_words": "long words",
    "is_remix": "is a remix",
    "is_poll": "is a poll",
    "generated": "made or changed with AI",
    "by_hand": "made by hand or camera",
    "sensitive": "behind a warning",
    "same_language": "in a language you read",
    "likes_pictures": "a picture, and you take to pictures",
    "likes_words": "words, and you take to words",
    "likes_remixes": "a remix, and you take to remixes",
    "likes_generated": "made with AI, and you take to that",
    "likes_by_hand": "made by hand, and you take to that",
    "received_cold": "well received, while you are new",
    "public_cold": "liked by everyone, while you are new",
    "fresh_cold": "fresh, while you are new",
}
RATES = {
    "like": "liked",
    "remix": "remixed",
    "reply": "replied to",
    "share": "shared",
    "dwell": "looked at for long",
    "hide": "hidden",
    "report": "reported",
}
SPANS = {"6h": "in the last hours", "3d": "over three days", "30d": "over a month"}


def said_of(name: str) -> str:
    """A feature in words."""
    if name in SAID:
        return SAID[name]
    kind, _, rest = name.partition("_")
    if kind == "rate":
        what, _, span = rest.partition("_")
        return f"how often it is {RATES[what]}, {SPANS[span]}"
    return f"younger than {rest.replace('h', ' hours').replace('d', ' days')}" if kind == "fresh" else name.replace("_", " ")
