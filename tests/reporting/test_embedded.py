"""A report as JSON inside its page."""

import base64
import json
import math
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from tests.reporting.sample_report import HOSTILE, sample_content

from boldglm.reporting.content import Figure, Table
from boldglm.reporting.embedded import embedded_json


def assert_told(value, told):
    """Everything in a value stands in what JSON tells of it, under its own name."""
    if is_dataclass(value):
        names = {field.name for field in fields(value)}
        if isinstance(value, Figure):
            names -= {"data"}
        assert set(told) - {"format"} == names
        for name in names:
            assert_told(getattr(value, name), told[name])
    elif isinstance(value, tuple):
        assert len(value) == len(told)
        for one, other in zip(value, told, strict=True):
            assert_told(one, other)
    elif isinstance(value, bytes):
        assert base64.b64decode(told) == value
    elif isinstance(value, float) and not math.isfinite(value):
        assert str(float(told)) == str(value)
    else:
        assert told == value
        assert isinstance(value, type(told))


@pytest.mark.parametrize("hostile", [False, True])
def test_everything_can_be_read_back(hostile):
    content = sample_content(hostile=hostile)
    told = json.loads(embedded_json(content))
    assert told["format"] == 1
    assert_told(content, told)


def test_no_sign_that_ends_a_script_is_left():
    text = embedded_json(sample_content(hostile=True))
    assert not set("<>&") & set(text)
    assert text.isascii()
    assert HOSTILE[0] in json.loads(text)["title"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.float32(0.5), 0.5),
        (np.float64("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (-np.inf, "-Infinity"),
        (np.int64(7), 7),
        (np.True_, True),
        (True, True),
        (None, None),
        (Path("a") / "b", str(Path("a") / "b")),
        ([1, (2, None)], [1, [2, None]]),
        ("\udcff \u2028 é", "\udcff \u2028 é"),
    ],
)
def test_a_value_becomes_what_json_knows(value, told):
    table = Table(("a",), ((value,),))
    found = json.loads(embedded_json(table))["rows"][0][0]
    assert found == told
    assert type(found) is type(told)


def test_numbers_are_not_rounded():
    number = 0.1 + 0.2
    content = sample_content()
    cluster = replace(content.contrasts[0].clusters[0], peak=number)
    assert json.loads(embedded_json(cluster))["peak"] == number
