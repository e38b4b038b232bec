"""Least squares first: what is left of a block of voxels, as products at lags."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from boldglm.core.lags import LagProducts, lag_products, less_fit
from boldglm.core.linear import Factor
from boldglm.core.precision import PrecisionForms
from boldglm.core.run_statistics import RunStatistics

__all__ = [
    "CONSTANT",
    "NOT_FINITE",
    "Pilot",
    "constant_in",
    "pilot_of_data",
    "pilot_of_statistics",
]

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating]

# Codes of `boldglm.core.gls.OUTCOMES` that are known before the noise is.
CONSTANT, NOT_FINITE = 1, 2


@dataclass(frozen=True)
class Pilot:
    """Least squares of a block of voxels, and what it leaves.

    Attributes
    ----------
    products : LagProducts
        Of the residuals. Their product with the basis at lag 0 is zero and not used.
    theta : (rank, n_voxels)
        Coordinates of the fit in the basis.
    total : (n_voxels,)
        Sum of squares of the data about their mean.
    code : (n_voxels,) uint8
        Outcomes that are known.
    """

    products: LagProducts
    theta: Array
    total: Array
    code: npt.NDArray[np.uint8]

    def stored_as(self, dtype: npt.DTypeLike) -> "Pilot":
        """With the products with the design in another precision, to be kept."""
        with_design = self.products.with_design.astype(dtype, copy=False)
        return replace(self, products=replace(self.products, with_design=with_design))


def constant_in(factor: Factor) -> Array | None:
    """Coordinates of the constant in the basis, or None if the design has none."""
    ones = np.ones(factor.basis.shape[0])
    coordinates = factor.basis.T @ ones
    off = ones - factor.basis @ coordinates
    small = np.linalg.norm(off) <= 1e-9 * np.sqrt(ones.size)
    return np.asarray(coordinates) if small else None


def pilot_of_data(data: Data, forms: PrecisionForms, constant: Array | None) -> Pilot:
    """Least squares of a block of data.

    A mean a thousand times the noise, and all that least squares explains, are gone
    before products are taken in single precision.

    Parameters
    ----------
    data : (n_scans, n_voxels) float32 or float64
    forms : PrecisionForms
    constant : (rank,) or None
        See `constant_in`.

    Returns
    -------
    Pilot
    """
    from boldglm.core.lags_kernels import centre

    if constant is None:
        # A mean that the design does not explain stays, and single precision would
        # count in units of it.
        data = data.astype(np.float64)
    residual, mean, total, code = centre(data, constant is not None)
    basis = forms.factor.basis.astype(residual.dtype)
    theta = basis.T @ residual
    residual -= basis @ theta
    residual = forms.lags.line.spread(residual)
    products = lag_products(forms.lags, residual, orthogonal=True)
    if constant is not None:
        theta = theta + np.outer(constant, mean)
    else:
        code[code == CONSTANT] = 0
    return Pilot(products, theta, total, code)


@np.errstate(invalid="ignore")
def pilot_of_statistics(
    statistics: RunStatistics, shift: Array, constant: Array | None
) -> Pilot:
    """Least squares of a block of voxels of which only the statistics are left.

    A shift of the data is a change of the constant: only where the design has no
    constant do the products have to follow it.

    Parameters
    ----------
    statistics : RunStatistics
    shift : (n_voxels,)
        Taken off the data.
    constant : (rank,) or None
        See `constant_in`.

    Returns
    -------
    Pilot
    """
    products, mean, total = statistics.products, statistics.mean, statistics.variation
    code = np.zeros(mean.size, np.uint8)
    if constant is None:
        products = statistics.products_of(shift)
    else:
        code[total <= products.n_scans * (1e-13 * mean) ** 2] = CONSTANT
    code[~np.isfinite(products.with_self).all(axis=0)] = NOT_FINITE
    unusable = code > 0
    if unusable.any():
        products, total = products.without(unusable), np.where(unusable, 0.0, total)
    lags = statistics.forms.lags
    theta = products.with_design[0, lags.n_hidden :]
    if constant is not None:
        level = np.where(unusable, mean, statistics.reference) - shift
        level[code == NOT_FINITE] = 0.0
        theta = theta + np.outer(constant, level)
    return Pilot(less_fit(lags, products), theta, total, code)
