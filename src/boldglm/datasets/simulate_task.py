"""What a simulated subject sees, and how the brain responds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from boldglm._base.arguments import as_list, as_numbers, checked_number
from boldglm._base.errors import EventsError
from boldglm.datasets.simulate_brain import Activation
from boldglm.datasets.simulate_checks import of_kind, real_number, settle, whole_number

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "RunSettings",
    "block_events",
    "default_activations",
    "response",
    "task_regressors",
]

COLUMNS = ("onset", "duration", "trial_type")
#: Seconds from the first scan: no run lasts as long.
LONGEST = 1e9


@dataclass(frozen=True)
class RunSettings:
    """How long a simulated run is, and what the subject sees in it.

    Attributes
    ----------
    n_scans : int
    t_r : float
        Repetition time, seconds. Scan k is taken at ``k * t_r``.
    block : float
        Length of a block of stimuli, seconds.
    rest : float
        Mean length of the rest between two blocks, seconds.

    Raises
    ------
    ValueError
        If there is to be no scan, a time is not above 0, or `rest` is negative.
    """

    n_scans: int = 150
    t_r: float = 2.0
    block: float = 12.0
    rest: float = 7.0

    def __post_init__(self) -> None:
        settle(
            self,
            n_scans=whole_number("n_scans", self.n_scans),
            t_r=real_number("t_r", self.t_r, positive=True),
            block=real_number("block", self.block, positive=True),
            rest=real_number("rest", self.rest),
        )


def default_activations() -> tuple[Activation, ...]:
    """Faces and houses, in places where they are known to be seen.

    Returns
    -------
    tuple of Activation
        Some respond to one of the two conditions, some to both alike, and one
        goes down with both.

    Examples
    --------
    >>> {name for spot in default_activations() for name in spot.effects}
    {...'houses'...}
    """
    return (
        Activation("right fusiform", (40.0, -56.0, -14.0), {"faces": 2.0}),
        Activation("left fusiform", (-40.0, -56.0, -14.0), {"faces": 1.8}),
        Activation("right inferior frontal", (46.0, 22.0, 22.0), {"faces": 1.8}),
        Activation("right parahippocampal", (24.0, -40.0, -8.0), {"houses": 2.0}),
        Activation("left parahippocampal", (-24.0, -40.0, -8.0), {"houses": 1.8}),
        Activation("right occipital", (18.0, -84.0, 4.0), {"faces": 2, "houses": 2}),
        Activation("left occipital", (-18.0, -84.0, 4.0), {"faces": 2, "houses": 2}),
        Activation("precuneus", (-6.0, -56.0, 40.0), {"faces": -1.5, "houses": -1.5}),
    )


def block_events(
    conditions: Sequence[str], settings: RunSettings, rng: np.random.Generator
) -> "pd.DataFrame":
    """Blocks of every condition in random order, with jittered rests.

    Each condition comes once in every round, so that none is confounded with
    slow drifts.

    Raises
    ------
    EventsError
        If there is no condition, or the run is too short for one block of each.

    Examples
    --------
    >>> events = block_events(["faces", "houses"], RunSettings(),
    ...                       np.random.default_rng(0))
    >>> events["trial_type"].value_counts().to_dict()
    {'faces': 7, 'houses': 7}
    """
    import pandas as pd

    conditions = as_list(conditions, "conditions", "names")
    of_kind("settings", settings, RunSettings)
    of_kind("rng", rng, np.random.Generator)
    if not conditions:
        msg = (
            "There is no condition to show: name one in the effects of an activation "
            "(an effect of 0 will do), or give events."
        )
        raise EventsError(msg)
    length = settings.n_scans * settings.t_r
    one_round = len(conditions) * (settings.block + settings.rest)
    n_rounds = int(length // one_round)
    if n_rounds < 1:
        msg = (
            f"The run lasts {length:g} s, one block of each of {len(conditions)} "
            f"conditions takes {one_round:g} s: raise n_scans or shorten the blocks."
        )
        raise EventsError(msg)
    order = [str(name) for _ in range(n_rounds) for name in rng.permutation(conditions)]
    # Rests differ by up to half their mean; what is left over is shared out.
    rests = rng.uniform(0.5, 1.5, len(order) + 1)
    rests *= (length - len(order) * settings.block) / rests.sum()
    onsets = np.cumsum(rests[:-1]) + settings.block * np.arange(len(order))
    return pd.DataFrame(
        {"onset": onsets.round(2), "duration": settings.block, "trial_type": order}
    )


def response(
    time: "NDArray[np.float64]", onset: float, duration: float
) -> "NDArray[np.float64]":
    r"""BOLD response to a stimulus that is on for a while, in closed form.

    With the double gamma function of SPM, h(t) = g(t; 6) - g(t; 16) / 6, scaled
    to an integral of 1,

    .. math::

        r(t) = \int_0^{d} h(t - s)\,ds = H(t) - H(t - d), \qquad
        H(t) = \tfrac{6}{5} P(6, t) - \tfrac{1}{5} P(16, t),

    with P the regularised incomplete gamma function. It owes nothing to the
    sampled convolution by which an analysis makes its regressors, which is
    therefore tested by data simulated with it.

    Parameters
    ----------
    time : (n,) float
        Seconds.
    onset, duration : float
        Seconds.

    Returns
    -------
    (n,) float64
        Approaches 1 in a long block.

    Examples
    --------
    >>> response(np.array([0.0, 5.0, 60.0]), onset=0.0, duration=100.0)
    array([0.   , 0.461, 1.   ])
    """
    from scipy.special import gammainc

    time = as_numbers(time, "time", "seconds").astype(np.float64)
    limits = {"low": -LONGEST, "high": LONGEST}
    checked_number(onset, "onset", "seconds", **limits)
    checked_number(duration, "duration", "seconds", **limits)

    def risen(since: "NDArray[np.float64]") -> "NDArray[np.float64]":
        since = np.maximum(since, 0.0)
        early: NDArray[np.float64] = gammainc(6, since)
        late: NDArray[np.float64] = gammainc(16, since)
        return 1.2 * early - 0.2 * late

    return risen(time - onset) - risen(time - onset - duration)


def task_regressors(
    events: "pd.DataFrame", conditions: Sequence[str], settings: RunSettings
) -> "pd.DataFrame":
    """Response to each condition, sampled at the scans.

    Raises
    ------
    EventsError
        If a column is missing, an event has no onset or duration, or none is of a
        condition.
    """
    import pandas as pd

    _check_events(events, conditions)
    time = settings.t_r * np.arange(settings.n_scans, dtype=np.float64)
    columns = {name: np.zeros(settings.n_scans) for name in conditions}
    onsets, durations = (
        as_numbers(events[key], f"the column {key!r} of events", "seconds").astype(
            float
        )
        for key in ("onset", "duration")
    )
    names = events["trial_type"]
    for onset, duration, name in zip(onsets, durations, names, strict=True):
        if not (np.abs(onset) < LONGEST and 0 < duration < LONGEST):
            msg = (
                f"The event at {onset:g} s lasts {duration:g} s; expected an onset and "
                "a duration above 0."
            )
            raise EventsError(msg)
        if name in columns:
            columns[name] += response(time, onset, duration)
    return pd.DataFrame(columns, index=range(settings.n_scans))


def _check_events(events: "pd.DataFrame", conditions: Sequence[str]) -> None:
    import pandas as pd

    of_kind("events", events, pd.DataFrame)
    missing = [name for name in COLUMNS if name not in events]
    if missing:
        msg = (
            f"events lack {', '.join(map(repr, missing))}; expected a table with the "
            f"columns {', '.join(COLUMNS)}"
        )
        raise EventsError(msg)
    shown = set(events["trial_type"])
    if len(events) and conditions and not shown & set(conditions):
        msg = (
            f"The events are of {', '.join(sorted(map(repr, shown)))}, the activations "
            f"have effects of {', '.join(map(repr, conditions))}: nothing would "
            "respond. Name the conditions alike (an effect of 0 will do)."
        )
        raise EventsError(msg)
