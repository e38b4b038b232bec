"""The public names are there, lazily, with the peer's signatures."""

import inspect
import subprocess
import sys

import pytest

import boldglm.image
import boldglm.maskers
import boldglm.masking

MODULES = {
    "image": boldglm.image,
    "masking": boldglm.masking,
    "maskers": boldglm.maskers,
}
NAMES = [(room, name) for room, module in MODULES.items() for name in module.__all__]
OURS_ALONE = {"save_img", "load_mask_img"}
# what is added comes last
ADDED = {
    "compute_brain_mask": ["template_img"],
    "compute_multi_brain_mask": ["template_img"],
}


@pytest.mark.parametrize(("room", "name"), NAMES)
def test_every_name_can_be_had_and_is_documented(room, name):
    thing = getattr(MODULES[room], name)
    assert name in dir(MODULES[room])
    assert name in inspect.getmodule(thing).__all__
    assert ">>>" in thing.__doc__


@pytest.mark.parametrize(
    ("room", "name"), [(room, name) for room, name in NAMES if name not in OURS_ALONE]
)
def test_signatures_are_nilearns(room, name):
    peer = pytest.importorskip(f"nilearn.{room}")
    thing, other = getattr(MODULES[room], name), getattr(peer, name)
    found = inspect.signature(thing).parameters
    expected = inspect.signature(other).parameters
    assert list(found) == [*expected, *ADDED.get(name, [])]
    defaults = [p.default for p in expected.values()]
    assert [p.default for p in found.values()][: len(defaults)] == defaults


@pytest.mark.parametrize("module", MODULES.values(), ids=str)
def test_an_unknown_name_is_an_attribute_error(module):
    with pytest.raises(AttributeError, match="has no attribute 'no_such_thing'"):
        _ = module.no_such_thing


def test_importing_loads_nothing_slow():
    """No scipy.ndimage, pandas or matplotlib until something needs them."""
    program = (
        "import sys\n"
        "from boldglm.image import *\n"
        "from boldglm.masking import *\n"
        "from boldglm.maskers import *\n"
        "slow = ['scipy.ndimage', 'scipy.signal', 'scipy.interpolate', 'pandas',\n"
        "        'matplotlib', 'numba', 'joblib', 'sklearn', 'nilearn']\n"
        "print([name for name in slow if name in sys.modules])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
