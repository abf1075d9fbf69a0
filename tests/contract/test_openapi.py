"""Every operation that /openapi.json tells of, with whatever schemathesis makes up: no fault of ours, no answer that breaks its schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from bowerbird.api import described
from bowerbird.app import application
from tests.conftest import House, Member

EXAMPLES = 8
OPEN_ENDED = r"/(streaming/|generations/.*/events)"  # they answer as long as one listens
CHECKED = [not_a_server_error, response_schema_conformance, content_type_conformance]
SCHEMA = schemathesis.openapi.from_dict(described.document(application())).exclude(path_regex=OPEN_ENDED)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.fixture(scope="module")
def someone(newcomer: Callable[..., Member]) -> Member:
    return newcomer(scopes="read write follow push profile")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_nothing_made_up_is_answered_with_a_fault(operation: Any, someone: Member, house: House) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def run(case: Any) -> None:
        case.call_and_validate(base_url=house.url, headers={"Authorization": f"Bearer {someone.token}"}, checks=CHECKED)

    run()


def test_the_whole_of_the_api_is_described(house: House) -> None:
    paths = httpx.get(f"{house.url}/openapi.json", timeout=30).json()["paths"]
    assert {
        "/api/v1/statuses",
        "/api/v2/filters/{id_}",
        "/api/v1/timelines/home",
        "/oauth/token",
        "/api/bower/v1/generations",
    } <= set(paths)
    assert "requestBody" in paths["/api/v1/statuses"]["post"]
    assert all(path.startswith(("/api/", "/oauth/")) for path in paths)
