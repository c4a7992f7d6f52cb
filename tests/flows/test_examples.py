"""The examples of the API description are what a gateway answers today."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.config import Settings
from gateway.http.core import ROUTES
from gateway.http.openapi.operation import Gives
from tests.flows.recording import EXAMPLES_FILE, record

EXAMPLES: dict[str, Any] = orjson.loads(EXAMPLES_FILE.read_bytes())
GIVEN = {
    f"{route.operation.id} {status}": gives
    for route in ROUTES
    if route.operation is not None
    for status, gives in route.operation.gives.items()
}
# What machines read, what a gateway says that is not ready, and what there is only after a bad day.
LEFT_OUT = {"showOpenapi 200", "takeCallback 200", "isReady 503", "listReviewItems 200"}


def shape_of(value: Any) -> Any:
    """Return the value with words for what differs between any two answers."""
    if isinstance(value, dict):
        return {key: shape_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape_of(item) for item in value[:1]]
    return type(value).__name__


def test_every_answer_with_a_body_has_an_example() -> None:
    with_body = {name for name, gives in GIVEN.items() if gives.model or gives.event}

    assert set(EXAMPLES) == with_body - LEFT_OUT


@pytest.mark.parametrize("name", sorted(name for name in EXAMPLES if GIVEN[name].model))
def test_an_example_is_one_of_its_model(name: str) -> None:
    given: Gives = GIVEN[name]
    assert given.model is not None

    given.model.model_validate_json(orjson.dumps(EXAMPLES[name]))


async def test_a_gateway_answers_in_the_shape_of_the_examples(
    tmp_path: Path, database_url: str
) -> None:
    """After a change of an answer: `make examples openapi client`."""
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "database_url": database_url, "port": 0}
    )

    told = await record(settings)

    assert shape_of(told) == shape_of(EXAMPLES)
