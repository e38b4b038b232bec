"""Warnings point at the line of the user, from threads too."""

import pytest

from boldglm._base.warnings import ImageWarning, ThreadWarnings, warn
from boldglm.core.parallel import map_blocks


def _warned(messages, n_jobs):
    with ThreadWarnings():
        map_blocks(lambda text: warn(text, ImageWarning), messages, n_jobs=n_jobs)


@pytest.mark.parametrize("n_jobs", [1, 4])
def test_warnings_of_threads_come_once_and_to_the_line_of_the_user(n_jobs):
    with pytest.warns(ImageWarning) as told:
        _warned(["spoilt", "empty"] * 20, n_jobs)
    assert sorted(str(one.message) for one in told) == ["empty", "spoilt"]
    assert {one.filename for one in told} == {__file__}


def test_warnings_before_an_error_are_given():
    def fail():
        with ThreadWarnings():
            warn("spoilt", ImageWarning)
            raise LookupError

    with pytest.warns(ImageWarning, match="spoilt"), pytest.raises(LookupError):
        fail()


def test_after_the_block_warnings_are_given_at_once():
    with ThreadWarnings():
        pass
    with pytest.warns(ImageWarning, match="later"):
        warn("later", ImageWarning)
