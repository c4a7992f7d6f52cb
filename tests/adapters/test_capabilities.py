"""What docs/banks/README.md says that each bank can do is what the kit finds."""

from pathlib import Path

from gateway.conformance.capabilities import as_markdown, probe
from gateway.conformance.suite import EXPECTED, TIME_SCALE

PAGE = Path(__file__).parents[2] / "docs" / "banks" / "README.md"
BEGIN = "<!-- matrix: begin (gateway conformance --matrix) -->\n"
END = "<!-- matrix: end -->"


async def test_the_capability_matrix_says_what_the_probes_find() -> None:
    page = PAGE.read_text("utf-8")

    found = as_markdown(await probe(list(EXPECTED.values()), time_scale=TIME_SCALE))

    assert page.partition(BEGIN)[2].partition(END)[0] == found
