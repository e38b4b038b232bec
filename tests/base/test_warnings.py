"""Warnings point at the line of the user, from threads too."""

import pytest

from boldglm._base.warnings import (
    ImageWarning,
    ThreadWarnings,
    held_warnings,
    noted_warnings,
    warn,
)
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


def _give(*messages):
    for text in messages:
        warn(text, ImageWarning)


def test_warnings_are_noted_once_and_given_all_the_same():
    with noted_warnings() as noted, pytest.warns(ImageWarning) as told:
        _give("spoilt", "empty", "spoilt")
    assert noted == ["spoilt", "empty"]
    assert len(told) == 3


def test_held_warnings_are_noted_when_they_are_given():
    with noted_warnings() as noted:
        with held_warnings() as held:
            warn("spoilt", ImageWarning)
        assert noted == []
        with pytest.warns(ImageWarning, match="spoilt"):
            warn(*held[0])
    assert noted == ["spoilt"]


def test_an_outer_note_has_what_an_inner_one_has():
    with noted_warnings() as outer:
        with pytest.warns(ImageWarning):
            _give("first")
        with noted_warnings() as inner, pytest.warns(ImageWarning):
            _give("first", "second")
    assert inner == ["first", "second"]
    assert outer == ["first", "second"]
