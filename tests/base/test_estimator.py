"""The estimator protocol, as scikit-learn's own tools use it."""

import pytest

from boldglm._base.errors import NotFittedError
from boldglm._base.estimator import Estimator


class Inner(Estimator):
    def __init__(self, height=3.0, names=()):
        self.height = height
        self.names = names


class Outer(Estimator):
    def __init__(self, inner=None, width=1, label=None):
        self.inner = inner
        self.width = width
        self.label = label

    def fit(self):
        self.width_ = self.width
        return self


def test_parameters_come_by_name():
    model = Outer(width=5)
    assert model.get_params() == {"inner": None, "width": 5, "label": None}


def test_parameters_of_parameters_come_with_two_underscores():
    inner = Inner(2.0)
    params = Outer(inner).get_params()
    assert params["inner"] is inner
    assert params["inner__height"] == 2.0
    assert set(Outer(inner).get_params(deep=False)) == {"inner", "width", "label"}
    assert set(Outer(Inner).get_params()) == {"inner", "width", "label"}


def test_set_params_changes_and_returns_the_model():
    model = Outer(Inner())
    assert model.set_params(width=7, inner__height=9.0) is model
    assert (model.width, model.inner.height) == (7, 9.0)
    assert model.set_params(inner=Inner(1.0), inner__names=("a",)).inner.height == 1.0
    assert model.inner.names == ("a",)


def test_an_unknown_parameter_is_an_error_that_lists_the_known():
    message = "Outer has no parameter 'hieght'; it has inner, label, width"
    with pytest.raises(ValueError, match=message):
        Outer().set_params(hieght=1)
    with pytest.raises(ValueError, match="Inner has no parameter 'depth'"):
        Outer(Inner()).set_params(inner__depth=1)


def test_repr_shows_what_is_not_default():
    np = pytest.importorskip("numpy")
    assert repr(Outer()) == "Outer()"
    assert repr(Outer(Inner(2.0), label="s1")) == (
        "Outer(inner=Inner(height=2.0), label='s1')"
    )
    assert repr(Outer(width=True)) == "Outer(width=True)"
    assert repr(Outer(width=np.ones(2))) == "Outer(width=array([1., 1.]))"


def test_a_model_asked_before_fit_says_so():
    model = Outer()
    with pytest.raises(NotFittedError, match="This Outer has not been fitted yet"):
        model._check_fitted("width_")
    with pytest.raises(AttributeError, match="call its fit method first"):
        model._check_fitted("width_")
    model.fit()._check_fitted("width_")


def test_scikit_learn_clones_unfitted_copies():
    base = pytest.importorskip("sklearn.base")
    model = Outer(Inner(4.0, names=("a", "b")), width=2).fit()
    copy = base.clone(model)
    assert copy is not model
    assert copy.inner is not model.inner
    assert (copy.width, copy.inner.height, copy.inner.names) == (2, 4.0, ("a", "b"))
    assert not hasattr(copy, "width_")


def test_what_is_fitted_is_told_by_attributes_that_end_in_an_underscore():
    model = Outer()
    assert not model.__sklearn_is_fitted__()
    assert model.fit().__sklearn_is_fitted__()
    model = Outer()
    model._private_ = 1
    assert not model.__sklearn_is_fitted__()


@pytest.mark.parametrize(
    "name",
    [
        "boldglm.glm.first_level.FirstLevelModel",
        "boldglm.maskers.NiftiMasker",
    ],
)
def test_public_models_can_be_cloned_with_every_parameter_changed(name):
    base = pytest.importorskip("sklearn.base")
    module, _, cls = name.rpartition(".")
    model = getattr(pytest.importorskip(module), cls)()
    assert repr(model) == f"{cls}()"
    for index, key in enumerate(model.get_params(deep=False)):
        model.set_params(**{key: f"value {index}"})
    copy = base.clone(model)
    assert copy.get_params(deep=False) == model.get_params(deep=False)


def test_set_params_by_name_is_the_constructor():
    """`__init__` only stores: the two ways to make a model give the same."""
    model = pytest.importorskip("boldglm.glm.first_level").FirstLevelModel
    made = model(t_r=2.0, noise_model="ar3", smoothing_fwhm=5)
    changed = model().set_params(t_r=2.0, noise_model="ar3", smoothing_fwhm=5)
    assert vars(made) == vars(changed)
    assert repr(made) == (
        "FirstLevelModel(t_r=2.0, smoothing_fwhm=5, noise_model='ar3')"
    )


def test_scikit_learn_can_ask_whether_a_model_is_fitted():
    validation = pytest.importorskip("sklearn.utils.validation")
    exceptions = pytest.importorskip("sklearn.exceptions")
    with pytest.raises(exceptions.NotFittedError):
        validation.check_is_fitted(Outer())
    validation.check_is_fitted(Outer().fit())
