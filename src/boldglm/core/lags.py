"""The sufficient statistics of a run: products at lags, and the edge rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError

__all__ = ["DesignLags", "LagProducts", "concatenate", "design_lags", "lag_products"]

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


def concatenate(
    one: LagProducts, basis_one: Array, two: LagProducts, basis_two: Array
) -> LagProducts:
    """Statistics of two stretches of one run, from those of each.

    The pairs that straddle the seam are made of the edge rows both keep, so a run
    can be read in stretches of at least K scans, in memory that does not grow with
    its length.

    Parameters
    ----------
    one, two : LagProducts
        Of consecutive stretches, each with its own rows of the basis.
    basis_one, basis_two : (n_scans_i, rank)

    Returns
    -------
    LagProducts

    Raises
    ------
    ShapeError
        If a stretch is shorter than the largest lag.
    """
    n_lags = one.n_lags
    if min(one.n_scans, two.n_scans) < n_lags:
        msg = (
            f"stretches of {one.n_scans} and {two.n_scans} scans; "
            f"expected at least {n_lags}, the largest lag, in each"
        )
        raise ShapeError(msg)
    with_design = one.with_design + two.with_design
    with_self = one.with_self + two.with_self
    for lag in range(1, n_lags + 1):
        for inward in range(lag):
            # Scan `inward` before the seam meets scan `lag - 1 - inward` after it.
            outward = lag - 1 - inward
            x_one, x_two = basis_one[-1 - inward], basis_two[outward]
            y_one, y_two = one.last[inward], two.first[outward]
            with_self[lag] += y_one * y_two
            with_design[lag] += np.outer(x_one, y_two) + np.outer(x_two, y_one)
    return LagProducts(
        n_scans=one.n_scans + two.n_scans,
        with_design=with_design,
        with_self=with_self,
        first=one.first,
        last=two.last,
    )
