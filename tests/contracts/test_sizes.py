"""A file is one idea and fits in one sitting."""

from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "boldglm"
LONGEST = 400


@pytest.mark.parametrize(
    "path", sorted(SOURCES.rglob("*.py")), ids=lambda path: path.name
)
def test_no_file_is_longer_than_a_sitting(path):
    assert len(path.read_text().splitlines()) <= LONGEST


def test_no_file_is_a_drawer():
    drawers = {"utils.py", "helpers.py", "misc.py", "common.py"}
    assert not {path.name for path in SOURCES.rglob("*.py")} & drawers
