"""Runs and models that the tests of this folder share."""

import pytest
from tests.glm.first_level import simulated_runs as sim

from boldglm.glm.first_level import FirstLevelModel


@pytest.fixture(scope="session")
def table():
    """Events of a run."""
    return sim.events()


@pytest.fixture(scope="session")
def run(table):
    """A run in memory."""
    return sim.image(table)


@pytest.fixture(scope="session")
def brain():
    return sim.brain()


@pytest.fixture
def model(brain):
    """An unfitted model that makes designs from events."""
    return FirstLevelModel(t_r=sim.T_R, hrf_model=None, mask_img=brain)


@pytest.fixture(scope="session")
def fitted(run, table, brain):
    """A model fitted to one run with a given design; not to be fitted again."""
    return FirstLevelModel(mask_img=brain).fit(run, design_matrices=sim.design(table))
