"""The rules of BIDS for names of derivatives, written without looking at ours."""

import re

# https://bids-specification.readthedocs.io/en/stable/appendices/entities.html: all
# entities there are, in the order in which names have them; and, of results of models,
# those that FitLins and nilearn put at the end
ENTITIES = re.findall(
    "[a-z]+",
    "sub ses sample task tracksys acq nuc voi ce trc stain rec dir run mod echo flip "
    "inv mt part proc hemi space split recording chunk atlas seg scale res den label "
    "desc contrast stat",
)
SUFFIXES = {
    "design": {".tsv", ".json", ".png"},
    "corrdesign": {".png"},
    "statmap": {".nii.gz", ".json"},
    "clusters": {".tsv", ".json"},
    "mask": {".nii.gz"},
    "report": {".html"},
    "dataset_description": {".json"},
}


def check_bids_path(path):
    """Hold a path against the rules of BIDS for names of derivatives."""
    *folders, name = path.split("/")
    *pairs, last = name.split("_") if name != "dataset_description.json" else [name]
    suffix, dot, extension = last.partition(".")
    assert dot + extension in SUFFIXES[suffix], path
    keys = []
    for pair in pairs:
        found = re.fullmatch("([a-z]+)-([0-9a-zA-Z+]+)", pair)
        assert found, path
        keys.append(found[1])
    assert len(set(keys)) == len(keys), path
    assert keys == sorted(keys, key=ENTITIES.index), path
    assert len(name.encode()) <= 255, path
    assert len(folders) <= 1, path
    if "sub" in keys:
        assert folders in ([pairs[0]], ["group"]), path
