"""The table of confounds that a preprocessing makes of a run."""

from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.core.drift import cosine_drift
from boldglm.datasets.simulate_runs import MOTION_NAMES, SimulatedRun

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from boldglm.datasets.simulate_brain import Brain

__all__ = ["preprocessing_confounds", "tissues"]

#: Waves longer than this are drifts, seconds
LONGEST_PERIOD = 128.0
N_COMPONENTS = 5


def preprocessing_confounds(
    run: SimulatedRun, t_r: float
) -> "tuple[pd.DataFrame, dict[str, Any]]":
    r"""Confounds of a run under the names that fMRIPrep gives them.

    Mean signals of the brain, the fluid and the white matter, and the six
    motion parameters, each with its change from scan to scan and the squares of
    both; drifts as cosines of more than 128 s; the first principal components of
    white matter and fluid (aCompCor; Behzadi et al. 2007), of voxels without
    drifts and of variance 1; framewise displacement; spikes; and

    .. math::

        \mathrm{DVARS}_t = \sqrt{\tfrac{1}{V}\sum_v (y_{tv} - y_{t-1,v})^2}

    (Power et al. 2012) as it is and over its median.

    Parameters
    ----------
    run : SimulatedRun
    t_r : float
        Seconds.

    Returns
    -------
    table : pandas.DataFrame
        One row per scan; NaN where there is no scan before.
    side_car : dict
        What is to be known of the components, for the JSON file.

    References
    ----------
    Behzadi Y, Restom K, Liau J, Liu TT (2007). A component based noise correction
    method (CompCor) for BOLD and perfusion based fMRI. NeuroImage 37:90.

    Power JD et al. (2012). Spurious but systematic correlations in functional
    connectivity MRI networks arise from subject motion. NeuroImage 59:2142.

    Examples
    --------
    >>> from boldglm.datasets.simulate import RunSettings, make_brain, simulate_run
    >>> run = simulate_run(brain=make_brain(10.0), settings=RunSettings(n_scans=60))
    >>> table, side_car = preprocessing_confounds(run, t_r=2.0)
    >>> list(table.filter(like="trans_x"))
    ['trans_x', 'trans_x_derivative1', 'trans_x_power2', 'trans_x_derivative1_power2']
    >>> side_car["a_comp_cor_00"]["Mask"]
    'combined'
    """
    import pandas as pd

    series = run.bold[run.brain.mask].T.astype(np.float64)
    fluid, white = (where[run.brain.mask] for where in tissues(run.brain))
    frame_times = t_r * np.arange(len(series), dtype=np.float64)
    drifts = cosine_drift(frame_times, 1.0 / LONGEST_PERIOD)
    columns = {
        **_expanded("global_signal", series.mean(axis=1)),
        **_expanded("csf", series[:, fluid].mean(axis=1)),
        **_expanded("white_matter", series[:, white].mean(axis=1)),
        **_dvars(series),
        "framewise_displacement": run.confounds["framewise_displacement"].to_numpy(),
    }
    components, side_car = _components(series[:, fluid | white], drifts)
    columns |= components
    columns |= {f"cosine{k:02d}": wave for k, wave in enumerate(drifts.T[:-1])}
    for name in MOTION_NAMES:
        columns |= _expanded(name, run.confounds[name].to_numpy())
    spikes = run.confounds.filter(like="motion_outlier")
    return pd.concat([pd.DataFrame(columns), spikes], axis=1), side_car


def tissues(brain: "Brain") -> "tuple[NDArray[np.bool_], NDArray[np.bool_]]":
    """Fluid (ventricles, fissure) and white matter, told by how bright they are.

    Returns
    -------
    fluid : (x, y, z) bool
        The brightest 2 % of what has brain all around it (of all, if nothing has).
    white : (x, y, z) bool
        The darkest 20 % of it.
    """
    from scipy.ndimage import binary_erosion

    deep = binary_erosion(brain.mask, np.ones((3, 3, 3), dtype=bool))
    deep = deep if deep.any() else brain.mask
    dark, bright = np.quantile(brain.baseline[deep], [0.2, 0.98])
    return deep & (brain.baseline >= bright), deep & (brain.baseline <= dark)


def _expanded(
    name: str, course: "NDArray[np.float64]"
) -> "dict[str, NDArray[np.float64]]":
    """A time course, its change since the last scan, and both squared."""
    change = np.concatenate([[np.nan], np.diff(course)])
    return {
        name: course,
        f"{name}_derivative1": change,
        f"{name}_power2": course**2,
        f"{name}_derivative1_power2": change**2,
    }


def _dvars(series: "NDArray[np.float64]") -> "dict[str, NDArray[np.float64]]":
    changes = np.sqrt(np.mean(np.diff(series, axis=0) ** 2, axis=1))
    usual = float(np.median(changes)) or 1.0
    return {
        "std_dvars": np.concatenate([[np.nan], changes / usual]),
        "dvars": np.concatenate([[np.nan], changes]),
    }


def _components(
    series: "NDArray[np.float64]", drifts: "NDArray[np.float64]"
) -> "tuple[dict[str, NDArray[np.float64]], dict[str, Any]]":
    """Principal components, of length 1, and the variance that they explain."""
    basis = np.linalg.qr(drifts)[0]
    series = series - basis @ (basis.T @ series)
    spread = series.std(axis=0)
    alive = spread > 1e-6  # not those without a signal
    series = series[:, alive] / spread[alive]
    values, vectors = np.linalg.eigh(series @ series.T)
    values, vectors = values[::-1][:N_COMPONENTS], vectors[:, ::-1]
    total = series.size
    columns, side_car = {}, {}
    for number, value in enumerate(values[values > 1e-9 * total]):
        name = f"a_comp_cor_{number:02d}"
        columns[name] = vectors[:, number]
        side_car[name] = {
            "CumulativeVarianceExplained": float(values[: number + 1].sum() / total),
            "Mask": "combined",
            "Method": "aCompCor",
            "Retained": True,
            "SingularValue": float(np.sqrt(value)),
            "VarianceExplained": float(value / total),
        }
    return columns, side_car
