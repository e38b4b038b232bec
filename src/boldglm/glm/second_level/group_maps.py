"""What users pass as the maps of a group, sorted out once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from boldglm._base.errors import DimensionError, NotFittedError
from boldglm._base.warnings import ContrastWarning, DesignWarning, warn
from boldglm.glm.second_level.group_models import (
    effects_of_models,
    is_first_level,
    mask_of_models,
    name_of_model,
)
from boldglm.glm.second_level.group_tables import maps_of_table, sorted_table
from boldglm.image.reading import name_of
from boldglm.image.sources import (
    count_scans,
    elements_of,
    find_files,
    open_all,
    require_dimensions,
)

__all__ = ["GroupMaps", "collect_maps"]


@dataclass(frozen=True)
class GroupMaps:
    """One map for each subject, or for each subject and contrast.

    Attributes
    ----------
    kind : {'images', 'table', 'models'}
    items : tuple of images, of (subject, map, image), or of first-level models
        Images are opened, not read.
    labels : tuple or None
        The label of each subject, in the order of the rows of a design; None where
        nobody said.
    names : tuple of str
        What messages call the maps.
    contrasts : tuple of str
        Names of the maps of each subject; empty where there is one, or any contrast
        can be asked for.
    """

    kind: str
    items: tuple[Any, ...]
    labels: tuple[Any, ...] | None
    names: tuple[str, ...]
    contrasts: tuple[str, ...] = ()

    @property
    def n_subjects(self) -> int:
        """Maps of a contrast, rows of a design."""
        return len(self.names)

    @property
    def is_single(self) -> bool:
        """Whether it is known which maps are meant, without a contrast."""
        return self.kind == "images" or len(self.contrasts) == 1

    def images(self, first_level_contrast: Any = None, mask: Any = None) -> list[Any]:
        """The maps of a first-level contrast, or of all there is.

        Parameters
        ----------
        first_level_contrast : optional
            Name of the map for a table; for models, a contrast of theirs.
        mask : VolumeMask, optional
            Where models have their own masks and not all cover this one, their maps
            are nan outside of them: there is no estimate, and no zero either.

        Returns
        -------
        list of images

        Raises
        ------
        ValueError
            If the contrast is missing or unknown; the message lists what there is.
        """
        if self.kind == "models":
            return effects_of_models(self.items, first_level_contrast, mask)
        if self.kind == "table":
            name = self.key(first_level_contrast)
            return maps_of_table(self.items, name, self.labels)
        return list(self.items)

    def key(self, first_level_contrast: Any = None) -> Any:
        """What tells the maps of first-level contrasts apart, for a dictionary.

        Warns
        -----
        ContrastWarning
            If there is a contrast, but images have none.

        Examples
        --------
        >>> GroupMaps("models", (), None, ()).key(["faces", "houses - faces"])
        ('faces', 'houses - faces')
        """
        if self.kind == "models":
            return _hashable(first_level_contrast)
        if self.kind == "table":
            alone = first_level_contrast is None and self.is_single
            return self.contrasts[0] if alone else first_level_contrast
        if first_level_contrast is not None:
            warn(
                f"first_level_contrast={first_level_contrast!r} is for first-level "
                "models and tables of maps; with images it is ignored.",
                ContrastWarning,
            )
        return None

    def for_mask(self, any_map: bool = False) -> list[Any]:
        """What a mask may be computed from: images, or the mask that models share."""
        if self.kind == "models":
            return [mask_of_models(self.items, any_map)]
        if self.kind == "table":
            return self.images(self.contrasts[0])
        return list(self.items)


def collect_maps(second_level_input: Any, *, need_labels: bool = False) -> GroupMaps:
    """Sort out the input of a second-level model.

    Parameters
    ----------
    second_level_input : list of 3-D images or paths, 4-D image or path, pattern, \
            Series of paths, DataFrame, or list of fitted FirstLevelModels
        A DataFrame has the columns ``subject_label``, ``map_name`` and
        ``effects_map_path``; its rows are sorted by subject. Not modified.
    need_labels : bool
        First-level models must have a `subject_label`, to find their confounds.

    Returns
    -------
    GroupMaps

    Raises
    ------
    TypeError
        If it is none of these, has fewer than two maps, or mixes kinds.
    DimensionError
        If images in a list are 4-D, or a single image is 3-D.
    GridError
        If first-level models lie on different grids.
    ImageFileError
        If a file is missing or no image.
    ValueError
        If a table lacks columns or has a map twice; if models are not fitted, or
        have no label.

    Examples
    --------
    >>> import nibabel as nib
    >>> img = nib.Nifti1Image(np.zeros((2, 2, 2, 5)), np.eye(4))
    >>> collect_maps(img).n_subjects
    5
    """
    import pandas as pd

    if isinstance(second_level_input, set | frozenset):
        msg = (
            "second_level_input is a set, which has no order; expected a list, with "
            "maps in the order of the rows of the design."
        )
        raise TypeError(msg)
    if isinstance(second_level_input, pd.DataFrame):
        return _of_table(second_level_input)
    if isinstance(second_level_input, pd.Series):
        second_level_input = second_level_input.tolist()
    if is_first_level(second_level_input):
        msg = (
            "second_level_input is one first-level model; a second level requires a "
            "list with at least two, one for each subject."
        )
        raise TypeError(msg)
    if isinstance(second_level_input, str | PathLike):
        files: list[Any] = list(find_files(second_level_input))
        second_level_input = files if len(files) > 1 else files[0]
    elements = elements_of(second_level_input)
    if elements and elements[0] is second_level_input:
        return _of_series(second_level_input)
    _check_elements(elements)
    if is_first_level(elements[0]):
        return _of_models(elements, need_labels)
    return _of_images(elements)


def _check_elements(elements: Sequence[Any]) -> None:
    if len(elements) < 2:
        msg = (
            "A second level model requires a list with at least two first level models "
            f"or images; this one has {len(elements)}. With one subject there is no "
            "group."
        )
        raise TypeError(msg)
    first = is_first_level(elements[0])
    for index, element in enumerate(elements):
        if isinstance(element, np.ndarray):
            elements_of(element)  # says how to make an image of it
        known = is_first_level(element) or hasattr(element, "affine")
        if not known and not isinstance(element, str | PathLike):
            msg = (
                f"second_level_input[{index}] is a {type(element).__name__}; expected "
                "images, paths, or fitted FirstLevelModels; or a DataFrame, a Series "
                "of paths, or one 4-D image instead of the list."
            )
            raise TypeError(msg)
        if is_first_level(element) != first:
            msg = (
                "Elements of second_level_input must be of the same type: "
                f"second_level_input[0] is a {type(elements[0]).__name__} and "
                f"second_level_input[{index}] a {type(element).__name__}. Pass models "
                "only, or images only."
            )
            raise TypeError(msg)


def _of_series(given: Any) -> GroupMaps:
    """One 4-D image: a volume for each subject."""
    (img,) = open_all(given)
    n_maps = count_scans(img)
    if n_maps < 2:
        msg = (
            f"second_level_input is one image of shape {img.shape}; expected a 4-D "
            "image with a volume for each subject, at least two, or a list of 3-D "
            "images."
        )
        raise DimensionError(msg)
    names = tuple(f"volume {index} of {name_of(img)}" for index in range(n_maps))
    return GroupMaps("images", (img,), None, names)


def _of_images(elements: Sequence[Any]) -> GroupMaps:
    images = []
    for index, element in enumerate(elements):
        opened = open_all(element)
        what = (
            f" as second_level_input[{index}]: in a list, one for each subject. Pass a "
            "4-D image by itself"
        )
        for img in opened:
            require_dimensions(img, 3, what)
        if len(opened) != 1:
            msg = (
                f"second_level_input[{index}], {element!r}, stands for {len(opened)} "
                "files; expected one map. Pass a pattern by itself, not in a list."
            )
            raise TypeError(msg)
        images += opened
    names = tuple(
        _named(element, img, index)
        for index, (element, img) in enumerate(zip(elements, images, strict=True))
    )
    _warn_of_twins([one for one in elements if isinstance(one, str | PathLike)])
    return GroupMaps("images", tuple(images), None, names)


def _warn_of_twins(paths: Sequence[Any]) -> None:
    """A map that is there twice counts as two subjects, who agree too well."""
    counts = Counter(str(path) for path in paths)
    twins = [path for path, count in counts.items() if count > 1]
    if twins:
        more = f" (and {len(twins) - 1} others)" if len(twins) > 1 else ""
        warn(
            f"second_level_input has {twins[0]!r} {counts[twins[0]]} times{more}: each "
            "counts as a subject of its own, and the test takes them for independent.",
            DesignWarning,
        )


def _named(element: Any, img: Any, index: int) -> str:
    given = isinstance(element, str | PathLike)
    return name_of(img) if given else f"second_level_input[{index}]"


def _of_table(table: Any) -> GroupMaps:
    rows, labels, contrasts = sorted_table(table)
    names = tuple(f"subject {label!r}" for label in labels)
    return GroupMaps("table", rows, labels, names, contrasts)


def _of_models(models: Sequence[Any], need_labels: bool) -> GroupMaps:
    names = tuple(name_of_model(model, index) for index, model in enumerate(models))
    for model, name in zip(models, names, strict=True):
        if not model.__sklearn_is_fitted__():
            msg = f"The first-level {name} has not been fit yet: call its fit first."
            raise NotFittedError(msg)
    labels = tuple(model.subject_label for model in models)
    for index, label in enumerate(labels):
        if label is None and need_labels:
            msg = (
                "In case confounds are provided, first-level models need the attribute "
                f"subject_label, to find their rows. The model at index {index} has "
                "none: set model.subject_label = '01', or pass subject_label= to "
                "FirstLevelModel."
            )
            raise ValueError(msg)
    known = None if None in labels else labels
    return GroupMaps("models", tuple(models), known, names)


def _hashable(contrast: Any) -> Any:
    if isinstance(contrast, list | tuple):
        return tuple(_hashable(one) for one in contrast)
    if isinstance(contrast, np.ndarray):
        return contrast.shape, contrast.tobytes()
    return contrast
