"""What a look at a picture means, in plain words: made here, credentials from elsewhere, or unknown; and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from bowerbird.media.provenance.apart import Look, Mark

Answer = Literal["made_here", "credentials_elsewhere", "unknown"]
MADE = ("c2pa.created", "c2pa.edited")
ANSWERS: dict[Answer, str] = {
    "made_here": "It carries our mark",
    "credentials_elsewhere": "Not from here, but it carries credentials",
    "unknown": "Nothing is known of it",
}


class Action(msgspec.Struct, frozen=True):
    """One thing that was done to it, as its credentials say."""

    what: str = ""
    by: str = ""
    source_type: str = ""


class Said(msgspec.Struct, frozen=True):
    """A file's credentials, as credentials.Credentials tells them."""

    state: str = "invalid"
    ours: bool = False
    signed_by: str = ""
    generator: str = ""
    actions: tuple[Action, ...] = ()
    ai: bool | None = None
    camera: bool = False
    ingredients: int = 0
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer with its reasons. `picture_id` is for the door, which asks whether the viewer may see it before it says so."""

    answer: Answer
    reasons: tuple[str, ...]
    picture_id: int | None
    mark: Mark | None
    credentials: Said | None
    signed: bool  # by this house, as made here: what proves it

    @property
    def title(self) -> str:
        """The answer in words. A mark alone proves nothing, so it is only said to be there."""
        if self.signed:
            return "Made here, with AI"
        if self.picture_id is not None and self.answer == "credentials_elsewhere":
            return "It carries our mark, and credentials from elsewhere"
        return ANSWERS[self.answer]


def said_of(told: dict[str, object] | None) -> Said | None:
    """Credentials out of what is stored or was sent by the look."""
    return msgspec.convert(told, Said) if told else None


def of(look: Look) -> Verdict:
    """What is to be said of what was seen."""
    said, reasons = said_of(look.credentials), list[str]()
    ours = look.mark is not None and look.mark.instance == look.known
    if look.mark and ours:
        reasons.append(
            f"It carries this house's invisible mark: {look.mark.agree} of {look.mark.bits} bits fit"
            + ("" if abs(look.mark.scale - 1) < 0.01 else f", at {look.mark.scale * 100:.0f} % of the size it was made at")
            + "."
        )
    elif look.mark:
        reasons.append("It carries the invisible mark of another Bowerbird house.")
    else:
        reasons.append("No invisible mark was found. Strong cropping, blurring or repainting destroys it.")
    reasons += _told(said)
    made = said is not None and said.ours and any(action.what in MADE for action in said.actions)
    if ours and not made:
        reasons.append(
            "A mark alone can be copied into another picture by someone who knows how; a signature of this house cannot."
        )
    held = said is not None and said.state != "invalid"  # somebody else vouches for another story
    answer: Answer = "made_here" if made or (ours and not held) else "credentials_elsewhere" if said or look.mark else "unknown"
    return Verdict(answer, tuple(reasons), look.mark.picture_id if look.mark and ours else None, look.mark, said, made)


def _told(said: Said | None) -> list[str]:
    """What the credentials add, a sentence each."""
    if said is None:
        return ["The file carries no content credentials. Most sites remove them."]
    found: list[str] = []
    who = said.signed_by or "someone unnamed"
    if said.state == "trusted" and said.ours:
        found.append(f"Its content credentials are valid and signed by this house ({who}).")
    elif said.state == "trusted":
        found.append(f"Its content credentials are valid and signed by {who}, whom this house trusts.")
    elif said.state == "valid":
        found.append(
            f"Its content credentials are intact and signed by {who}. Whether that is who they say, this house cannot tell."
        )
    else:
        found.append("Its content credentials do not hold" + (f" (they name {who})." if said.signed_by else "."))
    found += said.why
    if said.generator and not said.ours:
        found.append(f"They were written by {said.generator}.")
    if said.ai:
        found.append("They say that AI was used.")
    elif said.camera:
        found.append("They say that a camera took it.")
    if said.ingredients:
        found.append(f"They name {said.ingredients} picture{'s' if said.ingredients != 1 else ''} it was made from.")
    return found
