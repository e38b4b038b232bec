"""What a long computation says about itself."""

import logging
import sys

__all__ = ["say"]


def say(verbose: int, message: str, *values: object) -> None:
    """Log progress as ``boldglm``, and show it where the program has set up no log.

    Parameters
    ----------
    verbose : int
        0: for debugging only. Above: as information, on standard output unless the
        program handles logs itself.
    message : str
        With ``%`` places for the values.

    Examples
    --------
    >>> say(0, "run %d: %d scans", 0, 150)
    """
    logger = logging.getLogger("boldglm")
    if verbose and not logger.hasHandlers():
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    logger.log(logging.INFO if verbose else logging.DEBUG, message, *values)
