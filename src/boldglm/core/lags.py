"""The sufficient statistics of a run: products at lags, and the edge rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError

__all__ = ["DesignLags", "LagProducts", "design_lags", "lag_products", "less_fit"]

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating]


@dataclass(frozen=True)
class DesignLags:
    """The products of a basis with itself, at lags 0…K.

    With ``D_0 = I`` and ``(D_k)_ts = 1 where |t - s| = k``::

        products[k] = Q' D_k Q

    Attributes
    ----------
    basis : (n_scans, rank)
    shifted : (K + 1, n_scans, rank)
        ``D_k Q``, what the data are multiplied with.
    products : (K + 1, rank, rank)
    first : (K, rank)
        The first K rows of the basis, from the edge inwards.
    last : (K, rank)
        The last K rows, from the edge inwards.
    """

    basis: Array
    shifted: Array
    products: Array
    first: Array
    last: Array

    @property
    def n_lags(self) -> int:
        """Largest lag K."""
        return int(self.products.shape[0]) - 1


@dataclass(frozen=True)
class LagProducts:
    """All that the noise models and the fit need to know of the data.

    Attributes
    ----------
    n_scans : int
    with_design : (K + 1, rank, n_voxels)
        ``Q' D_k Y``.
    with_self : (K + 1, n_voxels)
        ``sum_t y_t y_{t+k}``.
    first, last : (K, n_voxels)
        The first and the last K rows of the data, from the edge inwards.
    """

    n_scans: int
    with_design: Array
    with_self: Array
    first: Array
    last: Array

    @property
    def n_lags(self) -> int:
        """Largest lag K."""
        return int(self.with_self.shape[0]) - 1

    def select(self, voxels: Any) -> "LagProducts":
        """Products of some of the voxels, by index, slice or boolean mask."""
        return LagProducts(
            self.n_scans, *(values[..., voxels] for values in self._arrays())
        )

    def without(self, voxels: npt.NDArray[np.bool_]) -> "LagProducts":
        """Products with those of some voxels set to zero, a copy."""
        return LagProducts(
            self.n_scans, *(np.where(voxels, 0.0, values) for values in self._arrays())
        )

    def _arrays(self) -> tuple[Array, Array, Array, Array]:
        return self.with_design, self.with_self, self.first, self.last


def _shift(basis: Array, lag: int) -> Array:
    """Multiply by ``D_lag``: the row before and the row after, `lag` scans away."""
    if lag == 0:
        return basis
    moved = np.zeros_like(basis)
    moved[lag:] += basis[:-lag]
    moved[:-lag] += basis[lag:]
    return moved


def design_lags(basis: Array, n_lags: int) -> DesignLags:
    """Products of a design's basis with itself at lags 0…`n_lags`.

    Raises
    ------
    ShapeError
        If there are not more scans than twice the lags.

    Examples
    --------
    >>> design_lags(np.full((4, 1), 0.5), 1).products.ravel()
    array([1. , 1.5])
    """
    if basis.shape[0] <= 2 * n_lags:
        msg = (
            f"a noise model of order {n_lags} needs more than {2 * n_lags} scans; "
            f"the design has {basis.shape[0]}"
        )
        raise ShapeError(msg)
    shifted = np.stack([_shift(basis, lag) for lag in range(n_lags + 1)])
    return DesignLags(
        basis=basis,
        shifted=shifted,
        products=np.einsum("tr,kts->krs", basis, shifted, optimize=True),
        first=basis[:n_lags].copy(),
        last=basis[::-1][:n_lags].copy(),
    )


def lag_products(
    design: DesignLags, data: Data, *, orthogonal: bool = False
) -> LagProducts:
    """Products of data with a design and with themselves, at every lag of the design.

    The products with the design are taken in the precision of the data, those of
    the data with themselves in float64: subtract what is known (a mean, a pilot
    fit) before, so that float32 data lose nothing.

    Parameters
    ----------
    design : DesignLags
    data : (n_scans, n_voxels) float32 or float64
        C-contiguous for speed.
    orthogonal : bool
        The data are known to be orthogonal to the basis (residuals of least
        squares), so the product at lag 0 is zero and need not be taken.

    Returns
    -------
    LagProducts

    Examples
    --------
    >>> design = design_lags(np.full((4, 1), 0.5), 1)
    >>> products = lag_products(design, np.array([[1.0], [2.0], [3.0], [4.0]]))
    >>> products.with_self.ravel()
    array([30., 20.])
    >>> products.with_design.ravel()
    array([5. , 7.5])
    """
    from boldglm.core.lags_kernels import lag_squares

    n_scans, n_voxels = data.shape
    n_lags, rank = design.n_lags, design.basis.shape[1]
    with_design = np.zeros((n_lags + 1, rank, n_voxels))
    for lag in range(int(orthogonal), n_lags + 1):
        with_design[lag] = design.shifted[lag].astype(data.dtype).T @ data
    return LagProducts(
        n_scans=n_scans,
        with_design=with_design,
        with_self=lag_squares(data, n_lags),
        first=data[:n_lags].astype(np.float64),
        last=data[::-1][:n_lags].astype(np.float64),
    )


def less_fit(design: DesignLags, products: LagProducts) -> LagProducts:
    """Products at lags of the residuals of least squares, from those of the data alone.

    For ``e = y - Q theta``, ``theta = Q'y``::

        Q'D_k e = Q'D_k y - Q'D_k Q theta
        sum_t e_t e_{t+k} = sum_t y_t y_{t+k} - theta'Q'D_k y + theta'Q'D_k Q theta / 2

    and at lag 0, ``Q'e = 0`` and ``e'e = y'y - theta'theta``.

    Parameters
    ----------
    design : DesignLags
    products : LagProducts
        Of the data, in float64.

    Returns
    -------
    LagProducts
        Of the residuals.

    Examples
    --------
    >>> design = design_lags(np.full((4, 1), 0.5), 1)
    >>> products = lag_products(design, np.array([[1.0], [2.0], [3.0], [4.0]]))
    >>> less_fit(design, products).with_self.ravel()
    array([5.  , 1.25])
    """
    theta = products.with_design[0]
    with_design = np.zeros(products.with_design.shape)
    with_self = products.with_self.copy()
    with_self[0] -= np.einsum("rv,rv->v", theta, theta)
    with_self[0] = np.maximum(with_self[0], 0.0)
    for lag in range(1, products.n_lags + 1):
        explained = design.products[lag] @ theta
        with_design[lag] = products.with_design[lag] - explained
        explained *= 0.5
        explained -= products.with_design[lag]
        with_self[lag] += np.einsum("rv,rv->v", theta, explained)
    return LagProducts(
        n_scans=products.n_scans,
        with_design=with_design,
        with_self=with_self,
        first=products.first - design.first @ theta,
        last=products.last - design.last @ theta,
    )
