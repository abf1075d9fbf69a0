"""One family of errors that knows what may be said aloud. Doors turn it into their own dialect."""

from __future__ import annotations


class Trouble(Exception):
    """Base of everything we raise on purpose. `said` is safe to show to anyone; the rest is for the log."""

    status = 500
    code = "trouble"
    said = "Something went wrong on our side. Nothing you wrote is lost; try again."

    def __init__(self, said: str | None = None, **details: object) -> None:
        super().__init__(said or self.said)
        self.said = said or self.said
        self.details = details


class Misconfigured(Trouble):
    """A setting does not fit; raised at start, never to a visitor."""

    code = "misconfigured"


class Invalid(Trouble):
    """What was sent cannot be accepted as it is."""

    status, code, said = 422, "invalid", "That could not be accepted as it is."


class Refused(Invalid):
    """A published rule says no: `rule` is its id, `decision_id` what an appeal is against."""

    code, said = "refused", "A rule of this house stops that."

    def __init__(self, said: str, *, rule: str, decision_id: int) -> None:
        super().__init__(said)
        self.rule, self.decision_id = rule, decision_id


class NotSignedIn(Trouble):
    """No session or token where one is needed."""

    status, code, said = 401, "not_signed_in", "Sign in first."


class NotAllowed(Trouble):
    """Known person, but not theirs to do."""

    status, code, said = 403, "not_allowed", "That is not yours to do."


class NotFound(Trouble):
    """Nothing there, or nothing this viewer may know of."""

    status, code, said = 404, "not_found", "There is nothing here."


class Gone(Trouble):
    """It was here and its author took it away."""

    status, code, said = 410, "gone", "This was taken away by its author."


class Conflict(Trouble):
    """It clashes with what is already there."""

    status, code, said = 409, "conflict", "That clashes with something already here."


class TooLarge(Trouble):
    """More bytes, pixels or characters than fit."""

    status, code, said = 413, "too_large", "That is too large."


# what is left of a body that is too large is read by nobody: a next request must not come after it
UNREAD = {"Connection": "close"}


class TooMany(Trouble):
    """A limit on how often was reached. `retry_after_s` says when to come back."""

    status, code, said = 429, "too_many", "That was a lot at once. Wait a little and try again."

    def __init__(self, said: str | None = None, *, retry_after_s: int = 60, **details: object) -> None:
        super().__init__(said, **details)
        self.retry_after_s = retry_after_s


class Unavailable(Trouble):
    """A part we depend on does not answer."""

    status, code, said = 503, "unavailable", "A part of the house is not answering. Try again in a moment."
