"""The run that laws are tried on, and its maps as they are."""

import pytest
from tests.laws import line


@pytest.fixture(scope="session")
def run():
    """A run in memory, not to be changed."""
    made = line.make_run()
    for array in (made.data, made.inside, made.affine, made.design):
        array.flags.writeable = False
    return made


@pytest.fixture(scope="session")
def paths(run, tmp_path_factory):
    """Its files."""
    return line.write(tmp_path_factory.mktemp("run"), run)


@pytest.fixture(scope="session")
def as_it_is(run, paths):
    """Its maps by noise model, scaling and options, computed once."""
    made = {}

    def of(noise="ar1", scaling=False, **options):
        # False is no scaling and 0 is one, but they are equal
        key = (noise, repr(scaling), *sorted(options.items()))
        if key not in made:
            made[key] = line.maps(
                line.fitted(paths, run.design, noise, scaling, **options)
            )
        return made[key]

    return of
