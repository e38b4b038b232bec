"""Figures on disk."""

from pathlib import Path
from typing import TYPE_CHECKING

from boldglm._base.atomic import written_whole

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
    OSError
        If writing failed; what was there before is as it was.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from matplotlib.figure import Figure
    >>> save_figure(Figure(figsize=(1, 1)), Path(mkdtemp()) / "empty.png").exists()
    True
    """
    path = Path(output_file).expanduser()
    formats = figure.canvas.get_supported_filetypes()
    if path.suffix[1:].lower() not in formats:
        msg = (
            f"A figure cannot be written as {path.name!r}: the name should end in one "
            f"of {', '.join(f'.{name}' for name in sorted(formats))}."
        )
        raise ValueError(msg)
    with written_whole(path) as draft:
        figure.savefig(draft, dpi=dpi)
    return path
