"""Every difference from nilearn that is claimed has a test."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "divergences.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.splitlines()
    if line.startswith("| ") and not line.startswith("| what")
]
# Known defects of the peer that the first and second level had to decide about.
FIRST_LEVEL = {"1", "2", *map(str, range(12, 17)), *map(str, range(18, 23))}
SECOND_LEVEL = {*map(str, range(6, 12)), "17", "23"}


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_the_test_of_a_difference_exists(row):
    path, _, name = row[4].strip("`").partition("::")
    text = (ROOT / path).read_text()
    assert not name or re.search(rf"^def {name}\(", text, re.MULTILINE), row[4]


def test_rows_are_complete():
    for row in ROWS:
        assert len(row) == 6, row
        assert row[3].split(",")[0].split(":")[0] in {
            "fix",
            "match",
            "switch",
            "match the signature",
        }, row


@pytest.mark.parametrize("decided", [FIRST_LEVEL, SECOND_LEVEL])
def test_every_known_defect_of_a_level_is_decided(decided):
    assert {row[5] for row in ROWS} >= decided
