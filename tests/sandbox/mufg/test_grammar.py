"""The emulated MUFG's tables of elements, compared with ISO 20022's own schemas."""

import dataclasses
import typing

import pytest

from gateway.sandbox.mufg.grammar import grammar
from tests.sandbox.mufg.documents import schema


def _held(hint: object) -> object:
    found = [inner for inner in typing.get_args(hint) if inner is not type(None)]
    return _held(found[0]) if found else hint


def _is_complex(kind: object) -> bool:
    return dataclasses.is_dataclass(kind) and all(
        field.metadata.get("type") != "Attribute" for field in dataclasses.fields(kind)
    )


@pytest.mark.parametrize("message", ["pain.001.001.03", "pain.013.001.07"])
def test_the_tables_of_elements_say_what_the_xsd_says(message):
    classes = schema(message)
    assert len(grammar(message)) > 60

    for name, rule in grammar(message).items():
        if rule.takes_anything:
            assert name in ("SupplementaryDataEnvelope1", "SkipPayload")
            continue
        found = dataclasses.fields(getattr(classes, name))
        hints = typing.get_type_hints(getattr(classes, name), vars(classes))
        expected = []
        for field in found:
            meta, kind = field.metadata, _held(hints[field.name])
            is_list = typing.get_origin(hints[field.name]) is list
            least = int(bool(meta.get("required") or meta.get("min_occurs"))) or int(rule.is_choice)
            most = meta.get("max_occurs", 2**31) if is_list else 1
            expected.append((meta["name"], least, most, _is_complex(kind)))
        ours = [
            (part.name, part.least, part.most, part.type in grammar(message)) for part in rule.parts
        ]
        assert ours == expected, name
        assert rule.is_choice == (name.endswith("Choice") or name == "CashAccountType2")
