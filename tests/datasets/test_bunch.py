import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from boldglm.datasets.bunch import Bunch


def test_keys_are_attributes_and_attributes_are_keys():
    data = Bunch(t_r=2.0)
    data.anat = "smri.img"
    data["mask"] = None
    assert data == {"t_r": 2.0, "anat": "smri.img", "mask": None}
    assert (data.anat, data["t_r"], data.mask) == ("smri.img", 2.0, None)
    assert {"t_r", "keys"} <= set(dir(data))
    del data.anat
    assert "anat" not in data


def test_what_is_not_there_is_an_attribute_error_with_what_is():
    data = Bunch(func=[], t_r=2.0)
    with pytest.raises(AttributeError, match=r"no 'events'.*func, t_r"):
        data.events  # noqa: B018
    with pytest.raises(AttributeError, match="events"):
        del data.events
    with pytest.raises(KeyError):
        data["events"]


def test_it_can_be_copied_and_sent():
    data = Bunch(func=["a", "b"], t_r=2.0)
    for again in (
        copy.copy(data),
        copy.deepcopy(data),
        pickle.loads(pickle.dumps(data)),
    ):
        assert type(again) is Bunch
        assert again == data


def test_it_is_shown_in_a_line_per_key():
    data = Bunch(
        func1=["run1.img"] * 390,
        ext_vars=pd.DataFrame({"age": [1, 2]}),
        values=np.zeros((3, 3)),
        description="Faces\n\nLicence: none",
        none=[],
    )
    assert repr(data).splitlines() == [
        "Bunch of",
        "  func1        390 of list: 'run1.img', …",
        "  ext_vars     table of 2 rows and 1 columns",
        "  values       array([[0., 0., 0.], …",
        "  description  Faces…",
        "  none         []",
    ]
    assert repr(Bunch()) == "Bunch of nothing"
