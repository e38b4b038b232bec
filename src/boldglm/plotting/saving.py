"""Figures on disk."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_figure"]


def save_figure(figure: "Figure", output_file: str | Path, dpi: float = 150) -> Path:
    """Write a figure, completely or not at all.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    output_file : path
        The ending says which format: .png, .pdf, .svg, …
    dpi : float
        Dots per inch, where the format has dots.

    Returns
    -------
    Path
        Where the figure is.

    Raises
    ------
    ValueError
        If the ending is not that of a format matplotlib writes.
    FileNotFoundError
        If the folder does not exist.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from matplotlib.figure import Figure
    >>> save_figure(Figure(figsize=(1, 1)), Path(mkdtemp()) / "empty.png").exists()
    True
    """
    path = Path(output_file)
    formats = figure.canvas.get_supported_filetypes()
    if path.suffix[1:].lower() not in formats:
        msg = (
            f"A figure cannot be written as {path.name!r}: the name should end in one "
            f"of {', '.join(f'.{name}' for name in sorted(formats))}."
        )
        raise ValueError(msg)
    if not path.parent.is_dir():
        msg = f"The folder of the figure does not exist: {path.parent}"
        raise FileNotFoundError(msg)
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        figure.savefig(partial, dpi=dpi)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path
