"""Names of files made of BIDS entities."""

import re
import unicodedata
from collections.abc import Mapping
from hashlib import sha256

__all__ = ["ENTITIES", "bids_label", "bids_name", "contrast_label"]

# Of functional images and what is derived from them, in the order of file names.
ENTITIES = (
    "sub",
    "ses",
    "task",
    "acq",
    "ce",
    "rec",
    "dir",
    "run",
    "echo",
    "part",
    "hemi",
    "space",
    "res",
    "den",
    "desc",
)

SIGNS = {"-": "Minus", "+": "Plus", ">": "Gt", "<": "Lt"}

# A name of a file has 255 bytes at most, of which others need some.
LONGEST = 100


def bids_name(entities: Mapping[str, object], *rest: str) -> str:
    """Join entities in the order of BIDS, and what comes after them.

    Parameters
    ----------
    entities : mapping
        Of keys among `ENTITIES` to labels; those without a label are left out.
    *rest : str
        Further parts of the name, as they are; empty ones are left out.

    Examples
    --------
    >>> bids_name({"run": 2, "task": "faces", "ses": None}, "stat-z", "statmap.nii.gz")
    'task-faces_run-2_stat-z_statmap.nii.gz'
    """
    pairs = [f"{key}-{entities[key]}" for key in ENTITIES if entities.get(key)]
    return "_".join(part for part in (*pairs, *rest) if part)


def bids_label(text: str) -> str:
    """Keep the letters, digits and plus signs of a text, without accents.

    Examples
    --------
    >>> bids_label("forêt (1.5)"), bids_label("Straße")
    ('foret15', 'Strasse')
    """
    # The German sharp s has no accent to drop: it is two letters
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ẞ", "SS"))
    return re.sub("[^0-9a-zA-Z+]", "", plain)


def contrast_label(name: str) -> str:
    """Turn the name of a contrast into one word of letters and digits.

    Signs become words, and every word but the first begins with a capital letter.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        At most 100 letters: a longer one is cut, and ends in eight that tell it from
        others. Empty where there is no letter or digit.

    Examples
    --------
    >>> contrast_label("Faces > 2 * houses"), contrast_label("[ 1 -1  0]")
    ('facesGt2Houses', '1Minus10')
    """
    text = name.replace("_", " ")
    for sign, word in SIGNS.items():
        text = text.replace(sign, f" {word} ")
    first, *others = text.split(" ")
    label = bids_label(first.lower() + "".join(word.title() for word in others))
    if len(label) <= LONGEST:
        return label
    return label[: LONGEST - 8] + sha256(name.encode()).hexdigest()[:8]
