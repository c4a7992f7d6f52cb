"""Edges of the state tables that no test takes, each with its reason; `scripts/edges` holds it.

An edge is (table, from, to), as `gateway/domain/trace.py` names them: what no row can reach in its
table is no edge, and is not here.
"""

from collections.abc import Mapping
from typing import TypeAlias

Edge: TypeAlias = tuple[str, str, str]

UNTAKEN: Mapping[Edge, str] = {}
