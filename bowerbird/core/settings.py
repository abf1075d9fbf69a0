"""Every setting there is: environment `BOWERBIRD_*` over `bowerbird.toml` in the data directory over these defaults."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import platformdirs
from msgspec import Meta

from bowerbird.core.errors import Misconfigured


def about(text: str, *, ge: int | None = None, le: int | None = None) -> Meta:
    """What a setting is for, shown by `bowerbird doctor` and docs/settings.md, with its bounds."""
    return Meta(description=text, ge=ge, le=le)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One house's configuration. Names are the environment's, lower-cased and without the prefix."""

    data_dir: Annotated[str, about("Where all state lives: database, pictures, secrets.")] = ""
    host: Annotated[str, about("Address the web server listens on.")] = "127.0.0.1"
    port: Annotated[int, about("Port the web server listens on.", ge=1, le=65535)] = 8000
    url: Annotated[str, about("The address people type; unset: http://localhost:PORT. Passkeys and links depend on it.")] = ""
    proxies: Annotated[
        int, about("Proxies of yours before this server; how many entries of X-Forwarded-For to believe.", ge=0, le=8)
    ] = 0
    name: Annotated[str, about("What this house is called.")] = "Bowerbird"
    database_url: Annotated[
        str, about("A PostgreSQL 16+ with citext, pg_trgm and vector (pgvector 0.7+); unset: an embedded one.")
    ] = ""
    registration: Annotated[Literal["open", "invite", "closed"], about("Who may sign up.")] = "open"
    media_url: Annotated[str, about("Where pictures are kept; unset: the data directory; or s3://bucket/prefix.")] = ""
    web_processes: Annotated[int, about("Web server processes.", ge=1, le=64)] = 2
    database_connections: Annotated[int, about("Database connections of each process at most.", ge=2, le=100)] = 4
    text_length_max: Annotated[int, about("Characters in a post.", ge=100, le=100_000)] = 1000
    poll_options_max: Annotated[int, about("Answers to choose from in a poll.", ge=2, le=20)] = 4
    upload_bytes_max: Annotated[int, about("Bytes of an uploaded picture.", ge=100_000, le=200_000_000)] = 16_000_000
    upload_pixels_max: Annotated[int, about("Pixels of an uploaded picture, checked before decoding.", ge=1_000_000)] = 40_000_000
    generations_waiting_max: Annotated[int, about("Generations one person may have queued or running.", ge=1, le=100)] = 3
    generations_per_day_max: Annotated[int, about("Generations one person may ask for in 24 hours.", ge=1)] = 300
    paint_parallel: Annotated[int, about("Candidates the worker has painted at the same time.", ge=1, le=64)] = 2
    runner_port: Annotated[int, about("Port on 127.0.0.1 of the embedded models' process.", ge=1, le=65535)] = 8011
    feed_port: Annotated[int, about("Port on 127.0.0.1 of the feed's own process.", ge=1, le=65535)] = 8012
    models_pictures_url: Annotated[str, about("An OpenAI-compatible images endpoint (…/v1); unset: the embedded one.")] = ""
    models_pictures_key: Annotated[str, about("Its bearer key.")] = ""
    models_pictures_model: Annotated[str, about("The model to ask it for.")] = "illustrator"
    models_pictures_timeout_s: Annotated[
        int, about("Seconds without a word after which an endpoint has failed.", ge=1, le=600)
    ] = 60
    models_pictures_cost: Annotated[
        str,
        about("What one of its pictures costs the house, as it is shown beside the choice: “0.04 USD”; unset: nothing is said."),
    ] = ""
    models_full_url: Annotated[
        str, about("An OpenAI-compatible chat endpoint (…/v1) for long and many-step answers; unset: the embedded model.")
    ] = ""
    models_full_key: Annotated[str, about("Its bearer key.")] = ""
    models_full_model: Annotated[str, about("The model to ask it for.")] = ""
    models_full_context_tokens: Annotated[int, about("Tokens that model reads at most.", ge=512, le=10_000_000)] = 8192
    models_full_tools: Annotated[bool, about("Whether that model knows native tool calls.")] = True
    models_mini_url: Annotated[
        str, about("An OpenAI-compatible chat endpoint (…/v1) for short answers and threads; unset: the embedded model.")
    ] = ""
    models_mini_key: Annotated[str, about("Its bearer key.")] = ""
    models_mini_model: Annotated[str, about("The model to ask it for.")] = ""
    models_mini_context_tokens: Annotated[int, about("Tokens that model reads at most.", ge=512, le=10_000_000)] = 8192
    models_mini_tools: Annotated[bool, about("Whether that model knows native tool calls.")] = True
    models_nano_url: Annotated[
        str, about("An OpenAI-compatible chat endpoint (…/v1) for sorting and titles; unset: the embedded model.")
    ] = ""
    models_nano_key: Annotated[str, about("Its bearer key.")] = ""
    models_nano_model: Annotated[str, about("The model to ask it for.")] = ""
    models_nano_context_tokens: Annotated[int, about("Tokens that model reads at most.", ge=512, le=10_000_000)] = 8192
    models_nano_tools: Annotated[bool, about("Whether that model knows native tool calls.")] = True
    models_chat_timeout_s: Annotated[
        int, about("Seconds without a word after which a language model has failed.", ge=1, le=600)
    ] = 60
    models_requests_per_minute_max: Annotated[
        int, about("Requests to the models one person may make in a minute with tokens of their own.", ge=1, le=100_000)
    ] = 60
    models_tokens_per_day_max: Annotated[
        int, about("Tokens one person may have read and said in a day, over their own tokens and the assistant.", ge=1_000)
    ] = 500_000
    assistant: Annotated[
        Literal["on", "off"], about("Whether there is an assistant: the private chat, and @bower in threads.")
    ] = "on"
    assistant_answers: Annotated[
        int,
        about(
            "Answers the embedded model writes at once where votes have taught which are liked; the best is given, in one piece. 1: word by word.",
            ge=1,
            le=4,
        ),
    ] = 1
    asks_per_minute_max: Annotated[int, about("Answers one person may ask the assistant for in a minute.", ge=1, le=1000)] = 20
    answers_waiting_max: Annotated[int, about("Answers one person may have on the way.", ge=1, le=50)] = 3
    models_hub_url: Annotated[str, about("The hub that `bowerbird models add` takes weights from.")] = "https://huggingface.co"
    models_bytes_max: Annotated[int, about("Bytes that one added model may have.", ge=1_000, le=1_000_000_000_000)] = (
        20_000_000_000
    )
    sign_in_attempts_max: Annotated[int, about("Failed sign-ins per name and per address in 15 minutes.", ge=3, le=1000)] = 10
    sign_ups_per_hour_max: Annotated[int, about("Accounts made from one address in an hour.", ge=1, le=10_000)] = 20
    searches_per_minute_max: Annotated[int, about("Searches from one address in a minute.", ge=10, le=100_000)] = 90
    credentials_certificate: Annotated[
        str,
        about(
            "PEM file of the certificate chain that signs pictures (C2PA); unset: one of this house's own, made at first start."
        ),
    ] = ""
    credentials_key: Annotated[str, about("PEM file of its elliptic curve key.")] = ""
    credentials_trust: Annotated[str, about("PEM file of further roots whose content credentials are trusted.")] = ""
    events_months: Annotated[
        int, about("Months that what happened is kept in the event log; older ones go as a whole.", ge=1, le=1200)
    ] = 24
    learn_hour: Annotated[
        int,
        about(
            "Hour of the day (UTC) at which what people agreed to teach is learned from, every night; -1: only by hand.",
            ge=-1,
            le=23,
        ),
    ] = 3
    learn_quiet_hours: Annotated[
        int, about("Hours, from that one on, in which it may be learned; 24: at any time of the day.", ge=1, le=24)
    ] = 4
    learn_after_signals: Annotated[
        int,
        about(
            "New ratings, picks and the like after which it is learned again within the quiet hours; 0: once a night.",
            ge=0,
            le=1_000_000,
        ),
    ] = 0
    learn_trial_hours: Annotated[
        int,
        about(
            "Hours that a new version of the assistant is tried by 5 % of the people, and then by 25 %, before it speaks to everyone.",
            ge=0,
            le=720,
        ),
    ] = 48
    learn_cpu_minutes: Annotated[
        int, about("Minutes of computing that each part of a night's learning may take.", ge=1, le=1440)
    ] = 30
    learn_judge: Annotated[
        Literal["", "full", "mini", "nano"],
        about(
            "The tier whose endpoint judges answers of new versions, as far as they may leave the house; unset, or the embedded model: nobody."
        ),
    ] = ""
    feed_promotion: Annotated[
        Literal["ask", "auto"],
        about(
            "What happens when a challenger of For You is surely better: an administrator is asked, or it ranks from then on, on probation."
        ),
    ] = "ask"
    challenge_voter_age_h: Annotated[int, about("Hours an account must be old to vote in challenges.", ge=0, le=8760)] = 24
    safety_sexual: Annotated[
        Literal["label", "refuse"], about("What is done with sexual content between adults: shown behind a press, or refused.")
    ] = "label"
    safety_refusals_per_hour_max: Annotated[
        int, about("Refused prompts within an hour after which somebody has to wait.", ge=1, le=1000)
    ] = 10
    safety_words_days: Annotated[int, about("Days that the words of a decision are kept.", ge=1, le=365)] = 30
    private_addresses: Annotated[
        Literal["refuse", "allow"],
        about("Whether links and push may lead to private addresses and other ports; allow only in tests and closed networks."),
    ] = "refuse"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], about("How much is said on the terminal.")] = "info"

    @property
    def home(self) -> Path:
        """The data directory as a path."""
        return Path(self.data_dir or platformdirs.user_data_dir("bowerbird")).expanduser()

    @property
    def origin(self) -> str:
        """scheme://host[:port] of the pages, without a trailing slash."""
        return (self.url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether cookies may only travel over TLS."""
        return self.origin.startswith("https://")

    @property
    def pictures_endpoint(self) -> str:
        """Base URL of the images endpoint, the embedded runner's unless another is set."""
        return (self.models_pictures_url or f"http://127.0.0.1:{self.runner_port}/v1").rstrip("/")

    @property
    def embeddings_endpoint(self) -> str:
        """Base URL of the embedded runner, which knows meanings."""
        return f"http://127.0.0.1:{self.runner_port}/v1"


def load(environ: dict[str, str] | None = None) -> Settings:
    """The settings in force. Raises Misconfigured naming the setting that does not fit."""
    env = dict(os.environ) if environ is None else environ
    fields = {field.name for field in msgspec.structs.fields(Settings)}
    said: dict[str, object] = {name: env[key] for name in fields if (key := f"BOWERBIRD_{name.upper()}") in env}
    home = Path(str(said.get("data_dir") or platformdirs.user_data_dir("bowerbird"))).expanduser()
    try:
        written = tomllib.loads((home / "bowerbird.toml").read_text("utf-8"))
    except FileNotFoundError:
        written = {}
    except (tomllib.TOMLDecodeError, OSError) as broken:
        raise Misconfigured(f"{home / 'bowerbird.toml'}: {broken}") from broken
    try:
        return msgspec.convert({**written, **said}, Settings, strict=False)
    except msgspec.ValidationError as wrong:
        raise Misconfigured(str(wrong)) from wrong


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return load()
