"""The estimator protocol of scikit-learn, without scikit-learn."""

import inspect
import sys
from typing import Any, Self

from boldglm._base.errors import NotFittedError

__all__ = ["Estimator"]


class Estimator:
    """Parameters in `__init__`, results in attributes that end in ``_``.

    `__init__` only stores its arguments under their own names, so a model can
    be copied unfitted by anything that knows `get_params`, such as
    `sklearn.base.clone`.

    Examples
    --------
    >>> class Threshold(Estimator):
    ...     def __init__(self, height=3.0):
    ...         self.height = height
    >>> Threshold().set_params(height=2.3)
    Threshold(height=2.3)
    """

    @classmethod
    def _parameter_names(cls) -> list[str]:
        signature = inspect.signature(cls.__init__)
        return sorted(name for name in signature.parameters if name != "self")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name; with `deep`, those of parameters too."""
        params: dict[str, Any] = {}
        for name in self._parameter_names():
            value = getattr(self, name)
            params[name] = value
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                for key, inner in value.get_params().items():
                    params[f"{name}__{key}"] = inner
        return params

    def set_params(self, **params: Any) -> Self:
        """Change parameters by name; ``outer__inner`` reaches a parameter's own."""
        known = self._parameter_names()
        for key, value in params.items():
            name, _, inner = key.partition("__")
            if name not in known:
                msg = (
                    f"{type(self).__name__} has no parameter {name!r}; "
                    f"it has {', '.join(known)}."
                )
                raise ValueError(msg)
            if inner:
                getattr(self, name).set_params(**{inner: value})
            else:
                setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name in defaults
            if name != "self"
            and not _same(getattr(self, name, None), defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def _check_fitted(self, attribute: str) -> None:
        if not hasattr(self, attribute):
            msg = (
                f"This {type(self).__name__} has not been fitted yet: "
                "call its fit method first."
            )
            raise NotFittedError(msg)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of estimators; it is loaded when it asks."""
        utils = sys.modules["sklearn.utils"]
        return utils.Tags(
            estimator_type=None, target_tags=utils.TargetTags(required=False)
        )

    def __sklearn_is_fitted__(self) -> bool:
        return any(
            name.endswith("_") and not name.startswith("_") for name in vars(self)
        )


def _same(value: Any, default: Any) -> bool:
    """Whether a parameter still has its default, for values of any type."""
    if value is default:
        return True
    if type(value) is not type(default):
        return False
    return isinstance(value, str | int | float | tuple | list) and value == default
