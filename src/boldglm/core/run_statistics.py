"""The statistics of a run, summed up while it is read.

A run that comes in stretches of scans leaves products at lags behind, and is
forgotten: memory does not grow with its length.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError
from boldglm.core.lags import LagProducts, edge_rows, shift_rows
from boldglm.core.parallel import blocks, map_blocks
from boldglm.core.precision import PrecisionForms
from boldglm.core.timeline import segments

__all__ = ["RunAccumulator", "RunStatistics"]

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating]

# Scans per product, whatever the stretches they came in: rounding, and so the
# result, does not depend on how a file was read.
SCANS = 32
# Voxels per product: their scans in float64 stay in the second cache.
VOXELS = 4096


@dataclass(frozen=True)
class RunStatistics:
    """All that a fit needs to know of a run.

    Attributes
    ----------
    forms : PrecisionForms
        The design, ready for the noise.
    products : LagProducts
        Of the data less the reference, with the basis of `forms`.
    reference : (n_voxels,)
        What was taken off the data, so that products are of deviations.
    with_ones : (K + 1, n_voxels)
        ``1'D_k z`` of the data less the reference, z, over the scans that are there.
    """

    forms: PrecisionForms
    products: LagProducts
    reference: Array
    with_ones: Array

    @property
    def n_voxels(self) -> int:
        """Number of voxels."""
        return int(self.reference.size)

    @property
    def total(self) -> Array:
        """Sum over scans of the data less the reference, (n_voxels,)."""
        return self.with_ones[0]

    @property
    def mean(self) -> Array:
        """Mean of the data over scans, (n_voxels,)."""
        return self.reference + self.total / self.products.n_scans

    @property
    def variation(self) -> Array:
        """Sum of squares of the data about their mean, (n_voxels,)."""
        n_scans = self.products.n_scans
        with np.errstate(invalid="ignore"):  # voxels that are not finite stay so
            square = self.products.with_self[0] - self.total**2 / n_scans
        return np.maximum(square, 0.0)

    def select(self, voxels: slice) -> "RunStatistics":
        """Statistics of some of the voxels."""
        part = self.products.select(voxels)
        return RunStatistics(
            self.forms, part, self.reference[voxels], self.with_ones[:, voxels]
        )

    def products_of(self, shift: Array) -> LagProducts:
        """Products of ``y - shift``, for data y and a number per voxel.

        With ``z = y - reference`` and ``s = reference - shift``::

            Q'D_k (z + s) = Q'D_k z + (Q'D_k 1) s
            sum_t (z_t + s)(z_{t+k} + s) = sum_t z_t z_{t+k} + s 1'D_k z + n_k s^2

        with n_k pairs at lag k; at lag 0, ``2 s 1'z`` in the middle.

        Parameters
        ----------
        shift : (n_voxels,)

        Returns
        -------
        LagProducts
        """
        products, by = self.products, self.reference - shift
        lags = self.forms.lags
        weights = lags.shifted[:, lags.line.places].sum(axis=1)
        with_self = products.with_self + by * self.with_ones
        with_self[0] += by * self.total
        with_self += lags.pairs[:, np.newaxis] * by**2
        # rows that a short segment lacks stay 0
        ones = edge_rows(lags.seen, lags.n_lags, lags.starts)
        return LagProducts(
            n_scans=products.n_scans,
            with_design=products.with_design + weights[:, :, None] * by,
            with_self=with_self,
            first=products.first + ones[0] * by,
            last=products.last + ones[1] * by,
        )


class RunAccumulator:
    """Takes the scans of a run in stretches, and keeps their statistics.

    Parameters
    ----------
    forms : PrecisionForms
        The design of the whole run, ready for the noise.
    n_voxels : int
    n_jobs : int or None
        Threads, see `boldglm.core.parallel.n_workers`.

    Notes
    -----
    Products are taken in float64, of the data less a reference volume (the mean of
    the first scans): data in float32 lose nothing, and a series that does not vary
    is exactly zero.

    Examples
    --------
    >>> from boldglm.core.linear import factorize
    >>> from boldglm.core.precision import precision_forms
    >>> forms = precision_forms(factorize(np.ones((4, 1))), 0, "conditional")
    >>> run = RunAccumulator(forms, n_voxels=1)
    >>> run.add(np.array([[1.0], [2.0], [3.0]]))
    >>> run.add(np.array([[4.0]]))
    >>> statistics = run.statistics()
    >>> statistics.mean, statistics.variation
    (array([2.5]), array([5.]))
    """

    def __init__(
        self, forms: PrecisionForms, n_voxels: int, n_jobs: int | None = None
    ) -> None:
        lags = forms.lags
        self._forms, self._n_jobs = forms, n_jobs
        length, rank = lags.basis.shape
        order = lags.n_lags
        # One matrix for all lags: rows (lag, column of the basis), columns scans.
        self._shifted = np.ascontiguousarray(
            lags.shifted.transpose(0, 2, 1).reshape(-1, length)
        )
        self._partners = np.hstack(
            [shift_rows(lags.seen, lag, lags.starts) for lag in range(order + 1)]
        ).T.copy()
        self._with_design = np.zeros(((order + 1) * rank, n_voxels))
        self._with_self = np.zeros((order + 1, n_voxels))
        self._with_ones = np.zeros((order + 1, n_voxels))
        self._reference = np.zeros(n_voxels)
        self._segments = segments(lags.starts, length)
        self._first, self._last = np.zeros((2, lags.starts.size, order, n_voxels))
        self._recent = np.zeros((order, n_voxels))
        self._waiting: Data = np.empty((0, n_voxels))
        self._n_waiting = 0
        self._done = 0

    def add(self, rows: Data) -> None:
        """Take the next scans.

        Parameters
        ----------
        rows : (scan, n_voxels) float32 or float64
            Not modified, and not kept.

        Raises
        ------
        ShapeError
            If there are more scans than the design has rows, or other voxels.
        """
        n_scans, n_voxels = self._forms.lags.line.n_scans, self._reference.size
        seen = self._done + self._n_waiting + len(rows)
        if rows.ndim != 2 or rows.shape[1] != n_voxels or seen > n_scans:
            msg = (
                f"scans of shape {rows.shape} after {seen - len(rows)} others; "
                f"expected {n_scans} in all, of {n_voxels} voxels"
            )
            raise ShapeError(msg)
        if not self._waiting.size:
            self._waiting = np.empty((min(SCANS, n_scans), n_voxels), rows.dtype)
        while len(rows):
            room = len(self._waiting) - self._n_waiting
            now, rows = rows[:room], rows[room:]
            self._waiting[self._n_waiting : self._n_waiting + len(now)] = now
            self._n_waiting += len(now)
            if self._n_waiting == len(self._waiting):
                self._sum_up()

    def statistics(self) -> RunStatistics:
        """The statistics, when all scans have been added.

        Raises
        ------
        ShapeError
            If scans are missing.
        """
        self._sum_up()
        n_scans, rank = self._forms.lags.line.n_scans, self._forms.rank
        if self._done != n_scans:
            msg = f"{self._done} scans were added; the design has {n_scans} rows"
            raise ShapeError(msg)
        n_voxels = self._reference.size
        self._waiting = np.empty((0, n_voxels))
        products = LagProducts(
            n_scans=n_scans,
            with_design=self._with_design.reshape(-1, rank, n_voxels),
            with_self=self._with_self,
            first=self._first.reshape(-1, n_voxels),
            last=self._last.reshape(-1, n_voxels),
        )
        return RunStatistics(self._forms, products, self._reference, self._with_ones)

    def _sum_up(self) -> None:
        """Add the scans that wait to the sums."""
        rows = self._waiting[: self._n_waiting]
        if not len(rows):
            return
        map_blocks(
            lambda voxels: self._sum_up_block(rows[:, voxels], voxels),
            blocks(self._reference.size, VOXELS),
            n_jobs=self._n_jobs,
        )
        self._done += len(rows)
        self._n_waiting = 0

    @np.errstate(invalid="ignore")
    def _sum_up_block(self, rows: Data, voxels: slice) -> None:
        done = self._done
        if done == 0:
            # the mean of equal numbers is that number, exactly
            self._reference[voxels] = rows.mean(axis=0, dtype=np.float64)
        order = len(self._recent)
        scans, at = self._on_the_line(done, len(rows))
        series = np.zeros((order + scans.stop - scans.start, rows.shape[1]))
        new = series[order:]
        new[at] = rows - self._reference[voxels]
        self._with_ones[:, voxels] += self._partners[:, scans] @ new
        self._with_design[:, voxels] += self._shifted[:, scans] @ new
        for at, segment in enumerate(self._segments):
            begin, end = max(segment.start, scans.start), min(segment.stop, scans.stop)
            if begin < end:
                piece = slice(begin - scans.start, end - scans.start + order)
                self._add_piece(series[piece], at, begin, voxels)

    def _on_the_line(self, done: int, n_rows: int) -> tuple[slice, Any]:
        """Places up to those of the next scans, and which of these are theirs."""
        places = self._forms.lags.line.places
        begin = int(places[done - 1]) + 1 if done else 0
        own = places[done : done + n_rows] - begin
        return slice(begin, begin + int(own[-1]) + 1), own

    def _add_piece(self, series: Array, at: int, begin: int, voxels: slice) -> None:
        """Add consecutive scans of a segment.

        Parameters
        ----------
        series : (order + scan, voxel)
            The scans, with room before them, which is written to: what another segment
            has there has been added before.
        at : int
            Which segment.
        begin : int
            The first of the scans.
        voxels : slice
        """
        from boldglm.core.lags_kernels import lag_squares

        order, segment = len(self._recent), self._segments[at]
        new = series[order:]
        series[:order] = 0.0 if begin == segment.start else self._recent[:, voxels]
        # pairs with the scans before count, pairs among them have been counted
        self._with_self[:, voxels] += lag_squares(series, order)
        self._with_self[:, voxels] -= lag_squares(series[:order], order)
        length = segment.stop - segment.start
        edge = slice(
            begin - segment.start, min(order, begin - segment.start + len(new))
        )
        if edge.start < edge.stop and length >= order:
            self._first[at, edge, voxels] = new[: edge.stop - edge.start]
        recent = series[len(new) :]
        self._recent[:, voxels] = recent
        if begin + len(new) == segment.stop:
            self._last[at, :, voxels] = recent[::-1]
