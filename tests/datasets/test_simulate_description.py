import json
import re

import boldglm
from boldglm.datasets import Activation, NoiseSettings
from boldglm.datasets.simulate_description import (
    GENERATOR,
    described,
    settings_of_noise,
    settings_of_places,
)

SPOT = Activation("hand", (38.0, -24.0, 58.0), {"left": 2.0}, fwhm=9.0)


def test_what_was_simulated_can_be_read_back():
    truth = json.loads(json.dumps(described("simulate_this", [SPOT], seed=4)))
    assert truth["simulated_by"] == "boldglm.datasets.simulate_this"
    assert truth["seed"] == 4
    (spot,) = truth["activations"]
    assert spot["centre"] == [38.0, -24.0, 58.0]
    assert (spot["label"], spot["effects"], spot["fwhm"]) == ("hand", {"left": 2}, 9)
    assert set(truth["units"]) == {"centre", "fwhm", "effects"}


def test_a_description_tells_the_version_of_the_generator_not_of_the_package():
    """A release that simulates as the one before takes its folders as they are."""
    truth = described("simulate_this", [])
    assert truth["generator"] == GENERATOR
    assert not re.search(re.escape(boldglm.__version__), json.dumps(truth))


def test_what_varies_between_subjects_is_told_where_it_does():
    varying = Activation("hand", (0.0, 0.0, 0.0), {"left": 2.0}, between=0.5)
    said = settings_of_places([SPOT, varying])
    assert "between" not in said[0]
    assert said[1]["between"] == 0.5


def test_parts_of_the_noise_that_are_off_by_default_are_told_when_on():
    assert not {"ma", "missing"} & set(settings_of_noise(NoiseSettings()))
    said = settings_of_noise(NoiseSettings(ma=((0.1, 0.2),), missing=0.1, sd=0))
    assert (said["ma"], said["missing"], said["sd"]) == (((0.1, 0.2),), 0.1, 0.0)
