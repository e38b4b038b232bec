"""From an image file to arrays: one forward pass, checked to the last byte."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import ImageFileError, ShapeError
from boldglm._base.memory import array_for
from boldglm.core.parallel import blocks, n_workers
from boldglm.image.opening import name_of, naming, open_image
from boldglm.image.prefetch import DEPTH, made_ahead
from boldglm.image.stored import Stored, VoxelStream, stored_layout

__all__ = [
    "FEWER_SCANS",
    "iter_blocks",
    "name_of",
    "open_image",
    "read_data",
    "read_into",
    "working_dtype",
]

FEWER_SCANS = (
    "Take fewer scans at once (index_img), or a masker, which keeps the voxels of its "
    "mask only."
)
"""What helps where an image does not fit into memory."""

_BLOCK_BYTES = 3 * 2**23
_LARGEST_BLOCK_BYTES = 2**26
_SMALL_BYTES = 2**21


def working_dtype(img: SpatialImage) -> np.dtype[Any]:
    """The type the voxels of `img` are read as.

    Stored type in native byte order; where the file has a scale slope or
    intercept, the narrowest float of at least 32 bits that holds the stored
    integers: float32 for up to 16 bits, float64 above.

    Raises
    ------
    ImageFileError
        If the voxels are not real numbers (colours, complex).

    Examples
    --------
    >>> import nibabel as nib
    >>> working_dtype(nib.Nifti1Image(np.zeros((2, 2, 2), ">i2"), np.eye(4)))
    dtype('int16')
    """
    proxy = img.dataobj
    stored = np.dtype(getattr(proxy, "dtype", None) or img.get_data_dtype())
    if stored.kind not in "biuf":
        msg = (
            f"{name_of(img)} stores voxels of type {stored}; "
            "expected integers or floating-point numbers."
        )
        raise ImageFileError(msg)
    if stored.itemsize > 8:
        return np.dtype(np.float64)
    scale = (getattr(proxy, "slope", 1.0), getattr(proxy, "inter", 0.0))
    if scale != (1.0, 0.0):
        return np.promote_types(stored, np.float32)
    return stored if stored.isnative else stored.newbyteorder("=")


def read_data(img: SpatialImage, dtype: Any = None) -> np.ndarray:
    """All voxels of an image.

    Parameters
    ----------
    img : nibabel image
    dtype : dtype or None
        None: `working_dtype`.

    Returns
    -------
    (x, y, z) or (x, y, z, scan)
        The array of an image in memory itself, where it has the dtype already:
        do not write to it. Otherwise a new array, x fastest.

    Raises
    ------
    ImageFileError
        If the file ends early or is corrupt.
    """
    wanted = working_dtype(img) if dtype is None else np.dtype(dtype)
    if isinstance(img.dataobj, np.ndarray):
        return np.asarray(img.dataobj, dtype=wanted)
    data = array_for(f"the voxels of {name_of(img)}", img.shape, wanted, FEWER_SCANS)
    read_into(img, data)
    return data


def read_into(img: SpatialImage, out: np.ndarray) -> None:
    """Read all voxels of an image straight into an array.

    Parameters
    ----------
    img : nibabel image
    out : (x, y, z) or (x, y, z, scan)
        As many voxels as the image has, in their order, x fastest and without
        gaps. They are scaled in float64 and cast to its dtype.

    Raises
    ------
    ShapeError
        If the array has another size, or gaps.
    ImageFileError
        If the file ends early or is corrupt.

    Examples
    --------
    >>> import nibabel as nib
    >>> series = np.zeros((1, 2, 1, 3), order="F")
    >>> volume = nib.Nifti1Image(np.array([[[1.0], [2.0]]]), np.eye(4))
    >>> read_into(volume, series[..., 1])
    >>> series[0, :, 0]
    array([[0., 1., 0.],
           [0., 2., 0.]])
    """
    if out.size != np.prod(img.shape) or not out.flags.f_contiguous:
        msg = (
            f"{name_of(img)} of shape {img.shape} cannot be read into an array of "
            f"shape {out.shape}; expected as many voxels, x fastest, without gaps."
        )
        raise ShapeError(msg)
    working_dtype(img)
    flat = out.reshape(-1, order="F")
    stored = stored_layout(img)
    if stored is None:
        with naming(name_of(img)):
            np.copyto(flat, _all_values(img).reshape(-1, order="F"), casting="unsafe")
        return
    with naming(stored.path), VoxelStream(stored) as stream:
        stream.go_to(0)
        stream.read_into(flat)
        stream.finish()


def iter_blocks(
    img: SpatialImage,
    dtype: Any = np.float32,
    span: slice | None = None,
    size: int | None = None,
    readonly: bool = False,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Hand on an image block of scans by block of scans, in one forward pass.

    While the caller works on one block, the next ones are read, decompressed and
    scaled in another thread. Memory is that of five blocks, whatever the number of
    scans.

    Parameters
    ----------
    img : nibabel image
        A 3-D image is one scan.
    dtype : dtype
        Of the blocks. Scale slope and intercept are applied in float64.
    span : slice or None
        Only scans ``span.start`` to ``span.stop - 1``.
    size : int or None
        Scans in a block. None: about 24 MB, or a scan for each thread.
    readonly : bool
        Promise not to write to a block, nor to keep it when the next is asked for:
        those of an image in memory, of this dtype and x fastest, are then views of
        it instead of copies, and those of a file share the memory of a few.

    Yields
    ------
    cut : slice
        Which scans these are.
    block : (x, y, z, scan)
        x fastest. The caller's own, to keep and to write to, unless `readonly`.

    Raises
    ------
    ImageFileError
        If the file ends early or is corrupt.

    Examples
    --------
    >>> import nibabel as nib
    >>> img = nib.Nifti1Image(np.arange(10.0).reshape(1, 1, 1, 10), np.eye(4))
    >>> for cut, block in iter_blocks(img, size=5):
    ...     print(cut.start, block.shape, block.sum())
    0 (1, 1, 1, 5) 10.0
    5 (1, 1, 1, 5) 35.0
    """
    wanted = np.dtype(dtype)
    working_dtype(img)
    n_scans = int(np.prod(img.shape[3:]))
    n_voxels = int(np.prod(img.shape[:3]))
    first, last, _ = (span or slice(None)).indices(n_scans)
    step = size or _block_size(n_voxels * wanted.itemsize, last - first)
    cuts = [slice(first + c.start, first + c.stop) for c in blocks(last - first, step)]
    stored = stored_layout(img)
    if stored is None:
        yield from _blocks_of_array(img, wanted, cuts, readonly)
        return

    def read(halted: Callable[[], bool]) -> Generator[tuple[slice, np.ndarray]]:
        return _blocks_of_file(stored, wanted, cuts, halted, readonly)

    with naming(stored.path):
        # nothing to overlap with a single block
        yield from made_ahead(read) if len(cuts) > 1 else read(lambda: False)


def _block_size(volume_bytes: int, n_scans: int) -> int:
    """Scans per block: 24 MB of them; one per thread if that is not above 64 MB.

    Up to 32 MB, the memory of a block is used again for a later one by the usual C
    library; above, each block costs fresh pages. An eighth of a run that is not
    small, so that the first block comes soon and the last one is soon worked on.
    """
    share = max(n_scans // 8, _SMALL_BYTES // volume_bytes)
    enough = max(min(_BLOCK_BYTES // volume_bytes, share), n_workers())
    return max(1, min(enough, _LARGEST_BLOCK_BYTES // volume_bytes))


def _blocks_of_file(
    stored: Stored,
    dtype: np.dtype[Any],
    cuts: list[slice],
    halted: Callable[[], bool],
    reused: bool = False,
) -> Generator[tuple[slice, np.ndarray]]:
    if not cuts:
        return
    # Fresh pages of memory for 1.3 GB of blocks take a fifth of a second. One block
    # is in use, some wait, one is being filled.
    ring: deque[np.ndarray] = deque(maxlen=DEPTH + 2)
    with VoxelStream(stored, halted) as stream:
        stream.go_to(cuts[0].start)
        for cut in cuts:
            n_scans = cut.stop - cut.start
            full = reused and len(ring) == ring.maxlen
            block = ring.popleft() if full else np.empty(0, dtype)
            if block.size < n_scans * stored.n_voxels:
                shape = (*stored.shape[:3], n_scans)
                block = np.empty(shape, dtype, order="F")
            if reused:
                ring.append(block)
            block = block[..., :n_scans]
            stream.read_into(block.reshape(-1, order="F"))
            if cut.stop == stored.n_scans:
                stream.finish()
            yield cut, block


def _blocks_of_array(
    img: SpatialImage, dtype: np.dtype[Any], cuts: list[slice], readonly: bool
) -> Iterator[tuple[slice, np.ndarray]]:
    with naming(name_of(img)):
        data = _all_values(img)
    data = data.reshape(*img.shape[:3], -1, order="F")
    for cut in cuts:
        if not readonly:
            yield cut, np.array(data[..., cut], dtype=dtype, order="F")
            continue
        view = np.asarray(data[..., cut], dtype=dtype, order="F").view()
        view.flags.writeable = False
        yield cut, view


def _all_values(img: SpatialImage) -> np.ndarray:
    values: np.ndarray = np.asanyarray(img.dataobj)
    return values
