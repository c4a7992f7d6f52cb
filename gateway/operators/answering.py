"""A command's answer on stdout, for programs: one serializer for every `--json`."""

import re
import sys
from codecs import lookup
from typing import Annotated, Any

import typer

from gateway.ops.render import as_json

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def say_json(value: Any) -> None:
    """Print dataclasses, mappings and lists of them as JSON."""
    say_document(as_json(value))


def say_document(text: str) -> None:
    """Print a JSON document; where stdout is not UTF-8, every other character is escaped."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    is_utf8 = lookup(encoding).name == "utf-8"
    typer.echo(text if is_utf8 else NOT_ASCII.sub(_escaped, text))


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
