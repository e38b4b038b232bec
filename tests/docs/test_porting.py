"""Tables of old and new names hold: the new ones are there, and so are nilearn's."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from boldglm._base.elsewhere import PEER_ONLY

DOCS = Path(__file__).parents[2] / "docs"
NILEARN = (DOCS / "porting.md").read_text()
NISTATS = (DOCS / "porting-nistats.md").read_text()
MISSING = re.findall(
    r"^\| `nilearn\.([\w.]+)` \| (`.*`) \|$",
    NILEARN.partition("## Not there yet")[2],
    re.MULTILINE,
)
NAMES = sorted(set(re.findall(r"`(boldglm\.[\w.]+)`", NILEARN + NISTATS)))

#: Modules of nilearn for which the page tells what is not there yet
COVERED = [
    "datasets",
    "exceptions",
    "glm",
    "glm.first_level",
    "glm.second_level",
    "image",
    "interfaces.bids",
    "interfaces.fmriprep",
    "interfaces.fsl",
    "maskers",
    "masking",
    "mass_univariate",
    "plotting",
    "plotting.displays",
    "reporting",
    "signal",
    "surface",
]


def resolve(name):
    """The object of a dotted name: the longest module, then attributes."""
    parts = name.split(".")
    for n_parts in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:n_parts]))
        except ImportError:
            continue
        for part in parts[n_parts:]:
            found = getattr(found, part)
        return found
    raise ImportError(name)


def rows(text, heading=""):
    """Rows of the tables below a heading, each cell without its backticks."""
    part = text.partition(heading)[2].split("\n## ")[0] if heading else text
    found = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in part.splitlines()
        if line.startswith("| `")
    ]
    assert found
    return found


@pytest.mark.parametrize("name", NAMES)
def test_names_of_boldglm_are_there(name):
    resolve(name)


@pytest.mark.parametrize("row", rows(NILEARN.partition("## Five")[0]), ids=str)
def test_only_the_root_of_a_name_of_nilearn_changes(row):
    pytest.importorskip("nilearn")
    old, new = row[0].strip("`"), row[1].strip("`")
    assert new == old.replace("nilearn", "boldglm", 1)
    resolve(old)


def test_names_of_nistats_lead_to_names_of_boldglm():
    table = rows(NISTATS, "## Imports")
    old = [row[0] for row in table]
    assert len(set(old)) == len(old) > 20
    for row in table:
        assert re.fullmatch(r"`(nistats|nilearn\.datasets)\.[\w.]+`", row[0]), row
        assert re.fullmatch(r"`boldglm\.[\w.]+`", row[1]), row


@pytest.mark.parametrize("row", rows(NISTATS, "## Parameters"), ids=str)
def test_parameters_have_the_new_names_and_not_the_old(row):
    then, now, where = row
    (new,) = re.findall(r"`(\w+)", now)
    for name in re.findall(r"`([\w.]+)`", where):
        known = set(inspect.signature(resolve(name)).parameters)
        assert new in known
        old = set(re.findall(r"`(\w+)", then)) - {"threshold"}
        assert not old & known


def lacks(module):
    """What nilearn has in a module and boldglm has not."""
    theirs = set(import_module(f"nilearn.{module}").__all__)
    try:
        ours = set(import_module(f"boldglm.{module}").__all__)
    except ImportError:
        ours = set()
    return theirs - ours


@pytest.mark.parametrize("module", COVERED)
def test_what_is_not_there_yet_is_told(module):
    pytest.importorskip("nilearn")
    told = {name: set(re.findall(r"`(\w+)`", names)) for name, names in MISSING}
    assert set(told) <= set(COVERED)
    assert told.get(module, set()) == lacks(module)


@pytest.mark.parametrize(("module", "told"), MISSING, ids=str)
def test_errors_tell_of_the_names_that_the_page_tells_of(module, told):
    if not hasattr(import_or_none(module), "__path__"):
        return  # a module without a door of its own
    names = set(re.findall(r"`(\w+)`", told))
    within = {name for name in names if import_or_none(f"{module}.{name}")}
    assert names - within == PEER_ONLY[module]


def test_errors_tell_of_no_other_names():
    assert set(PEER_ONLY) <= {module for module, _ in MISSING}


def import_or_none(module):
    try:
        return import_module(f"boldglm.{module}")
    except ModuleNotFoundError:
        return None


def test_the_call_that_was_never_released_is_there_as_the_page_has_it():
    (call,) = re.findall(r"model\.(\w+)\((.*)\)\n", NISTATS)
    method = resolve(f"boldglm.glm.second_level.SecondLevelModel.{call[0]}")
    parameters = inspect.signature(method).parameters
    assert set(re.findall(r"(\w+)=", call[1])) <= set(parameters)
    assert "(1 + #{largest >= observed}) / (1 + n_perm)" in NISTATS
