"""Every public function answers odd arguments with a result or one of our errors.

A few examples each here; more behind ``slow`` where `BOLDGLM_FUZZ` is set.
"""

import inspect
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.fuzz import glm_doors, image_doors, other_doors, plotting_doors
from tests.fuzz.doors import answer, fault_of, holds_nan

from public_names import public_names

ROOMS = (image_doors, glm_doors, other_doors, plotting_doors)
TABLE = [door for room in ROOMS for door in room.DOORS]
IDS = [f"{number}-{door.name}" for number, door in enumerate(TABLE)]

#: Public names that are not called with anything a user makes up.
NO_DOORS = {
    # made by the library, and looked at
    *("datasets.GroupTruth", "datasets.Truth", "glm.first_level.RunNoise"),
    *("datasets.SimulatedDataset", "datasets.SimulatedGroup"),
    *("datasets.SimulatedRun", "datasets.SimulatedStudy"),
    *("glm.FContrastResults", "glm.LikelihoodModelResults"),
    *("glm.SimpleRegressionResults", "glm.TContrastResults"),
    # without arguments
    *("datasets.default_activations", "plotting.show"),
    "datasets.load_sample_motor_activation_image",
}


#: Doors that take half a second each time.
SLOW = (
    "plotting.",
    "datasets.load_mni152",
    "datasets.simulate_",
    "reporting.make_glm",
    "glm.save_glm",
)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """What a door writes goes to the folder of the test."""
    monkeypatch.chdir(tmp_path)


def test_every_public_function_is_a_door():
    doors = {door.name for door in TABLE}
    missing = [
        f"{one.home}.{one.name}"
        for names in public_names().values()
        for one in names
        if not _is_error(one.value) and f"{one.home}.{one.name}" not in doors
    ]
    alike = {"plotting.displays." + name for name in _displays()}
    assert set(missing) - NO_DOORS - alike == set()
    assert not NO_DOORS & doors


def _is_error(value):
    return inspect.isclass(value) and issubclass(value, Exception)


def _displays():
    """Classes that differ in their cuts only."""
    from boldglm.plotting import displays

    return [
        name for name in displays.__all__ if inspect.isclass(getattr(displays, name))
    ]


def check(door, examples):
    """Throw so many odd arguments at a door."""

    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(door.arguments())
    def ask(odd):
        found = door.answer(odd)
        assert not found.fault, f"{door.name}({odd}): {found.fault}"

    ask()


@pytest.mark.parametrize("door", TABLE, ids=IDS)
def test_a_door_stays_shut_or_opens(door):
    check(door, 1 if door.name.startswith(SLOW) else 3)


@pytest.mark.slow
@pytest.mark.skipif(
    "BOLDGLM_FUZZ" not in os.environ,
    reason="a search for defects, which fails when it finds one; set BOLDGLM_FUZZ=1",
)
@pytest.mark.parametrize("door", TABLE, ids=IDS)
def test_a_door_stays_shut_or_opens_for_more(door):
    check(door, 2 if door.name.startswith(SLOW) else 12)


@pytest.mark.parametrize(
    "door",
    [one for one in TABLE if not one.name.startswith(SLOW)],
    ids=lambda door: door.name,
)
def test_a_door_opens(door):
    if door.name.startswith("datasets.fetch_"):
        pytest.skip("nothing can be fetched in a test")
    found = answer(lambda: door.call(**door.valid))
    assert found.error is None
    assert not found.fault


# --- what judges is right ---


def raised(call):
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - any is judged
        call()
    return caught.value


def test_what_an_operation_throws_is_a_fault():
    from boldglm.core.drift import constant_drift

    assert "not raised on purpose" in fault_of(raised(lambda: constant_drift(None)))


def test_what_somebody_else_raises_is_a_fault():
    import numpy as np

    assert "not ours" in fault_of(raised(lambda: np.zeros(2).reshape(3)))


def test_what_we_raise_is_none():
    from boldglm.core.drift import polynomial_drift

    assert not fault_of(raised(lambda: polynomial_drift([0.0, 1.0], -1)))


def test_warnings_of_others_and_floods_are_faults():
    import warnings

    import numpy as np

    assert "divide by zero" in answer(lambda: np.ones(1) / np.zeros(1)).fault
    noisy = answer(lambda: [warnings.warn(f"{n}", stacklevel=1) for n in range(20)])
    assert noisy.fault == "20 warnings"


def test_nan_is_found_where_it_hides():
    import nibabel as nib
    import numpy as np
    import pandas as pd

    nan = np.array([1.0, np.nan])
    for holder in (
        nan,
        [nan],
        {"a": nan},
        pd.DataFrame({"a": nan}),
        nib.Nifti1Image(nan[None, None], np.eye(4)),
    ):
        assert holds_nan(holder)
    assert not holds_nan([1, "a", np.ones(2), None])
