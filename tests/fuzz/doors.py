"""Doors, what is thrown at them, and how the answer is judged.

A door is a public function with arguments that it takes. One or two of them are
replaced by something odd; the answer is in order if it is a result without silent NaN,
or an error that was raised on purpose.
"""

import dis
import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
from hypothesis import strategies as st
from tests.fuzz.odd import ODD, Odd

#: What is raised on purpose; the library's own errors are kinds of these.
DELIBERATE = (ValueError, TypeError, KeyError, IndexError, OSError)
#: Warnings of one call; more are a flood.
MOST_WARNINGS = 12
LOUD = (RuntimeWarning, DeprecationWarning, FutureWarning, ResourceWarning)
#: Files that nibabel leaves to the collection of garbage, in whichever call that comes.
LEFT_OPEN = re.compile(r"unclosed file .*\.mg[hz]'")


@dataclass(frozen=True)
class Door:
    """A public function, a call that works, and what else its arguments may be.

    Attributes
    ----------
    name : str
        As users import it, without the root.
    call : callable
    valid : dict
        Arguments of a call that works. Values are not modified by any door.
    odd : dict of strategies
        Oddities of single arguments, beside those thrown at all.
    own : dict of strategies
        All that single arguments may be, where nothing else must be tried, as with
        the files that are written.
    still : tuple of str
        Arguments that stay as they are.
    nan : bool
        Whether a result may hold NaN for finite input.
    names : tuple of str
        Of the arguments, where the call takes any.
    """

    name: str
    call: Callable[..., Any]
    valid: Mapping[str, Any]
    odd: Mapping[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    own: Mapping[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    still: tuple[str, ...] = ()
    nan: bool = False
    names: tuple[str, ...] = ()

    def parameters(self) -> list[str]:
        """Arguments that something odd may be passed for."""
        own = inspect.signature(self.call).parameters.values()
        named = [p.name for p in own if p.kind not in {p.VAR_KEYWORD, p.VAR_POSITIONAL}]
        names = dict.fromkeys([*named, *self.names, *self.valid, *self.odd, *self.own])
        return [name for name in names if name not in self.still]

    def arguments(self) -> st.SearchStrategy[dict[str, Any]]:
        """Arguments of which one, sometimes two, are odd."""
        names = self.parameters()
        chosen = st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)
        return chosen.flatmap(lambda some: st.fixed_dictionaries(self._odd(some)))

    def _odd(self, names: Iterable[str]) -> dict[str, st.SearchStrategy[Any]]:
        return {
            name: self.own.get(name, self.odd[name] | ODD if name in self.odd else ODD)
            for name in names
        }

    def answer(self, odd: Mapping[str, Any]) -> "Answer":
        """Call it and judge."""
        unwrapped = {
            name: value.make() if isinstance(value, Odd) else value
            for name, value in odd.items()
        }
        arguments = {**self.valid, **unwrapped}
        found = answer(lambda: self.call(**arguments))
        if found.fault or found.error is not None or self.nan:
            return found
        if not holds_nan(found.result) or holds_nan(arguments):
            return found
        return Answer(fault="a silent NaN", result=found.result)


@dataclass(frozen=True)
class Answer:
    """What a call came to.

    Attributes
    ----------
    fault : str
        What is wrong with it; empty if nothing is.
    error : Exception or None
        Raised on purpose, or not.
    result
    """

    fault: str = ""
    error: BaseException | None = None
    result: Any = None


def answer(call: Callable[[], Any]) -> Answer:
    """Judge a call: it works without a flood, or refuses on purpose."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = call()
            if inspect.isgenerator(result):
                result = list(result)
    except (Exception, SystemExit) as error:
        return Answer(fault=fault_of(error), error=error)
    loud = [
        f"{one.category.__name__}: {one.message}"
        for one in caught
        if issubclass(one.category, LOUD) and not LEFT_OPEN.search(str(one.message))
    ]
    if loud:
        return Answer(fault=loud[0], result=result)
    if len(caught) > MOST_WARNINGS:
        return Answer(fault=f"{len(caught)} warnings", result=result)
    return Answer(result=result)


def fault_of(error: BaseException) -> str:
    """What is wrong with an error; nothing, if one of ours was raised on purpose.

    The innermost frame is in boldglm, and stands at a ``raise``: what an operation
    throws by itself, such as ``None + 1``, stands at the operation.
    """
    where = raised_at(error)
    told = f"{type(error).__name__} at {where[1]}: {error}"
    if where[0].split(".")[0] != "boldglm":
        return f"not ours, {told}"
    if not where[2]:
        return f"not raised on purpose, {told}"
    if not isinstance(error, DELIBERATE):
        return f"of no kind users catch, {told}"
    return "" if str(error).strip() else f"without a word, {told}"


def raised_at(error: BaseException) -> tuple[str, str, bool]:
    """Module, place, and whether a ``raise`` stands there, of the innermost frame."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    operation = dis.opname[code.co_code[trace.tb_lasti]]
    module = trace.tb_frame.f_globals.get("__name__", "")
    return module, f"{module}:{trace.tb_lineno}", operation == "RAISE_VARARGS"


def holds_nan(value: Any, depth: int = 3) -> bool:
    """Whether there is a number that is not finite in a value, or in what it holds."""
    if isinstance(value, nib.spatialimages.SpatialImage):
        return holds_nan(np.asarray(value.dataobj)) or holds_nan(value.affine)
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
        return holds_nan(value.to_numpy())
    if isinstance(value, np.ndarray | np.generic | float | complex):
        array = np.asarray(value)
        if array.dtype == object:
            return depth > 0 and any(holds_nan(one, depth - 1) for one in array.flat)
        return array.dtype.kind in "fc" and not np.isfinite(array).all()
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple) and depth > 0:
        return any(holds_nan(one, depth - 1) for one in value)
    return False
