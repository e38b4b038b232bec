"""The fetchers under the name of the module that has them in nilearn.

Its pages write ``from nilearn.datasets import func`` and ``func.fetch_…``.

Examples
--------
>>> from boldglm import datasets
>>> from boldglm.datasets import func
>>> func.fetch_fiac_first_level is datasets.fetch_fiac_first_level
True
"""

from boldglm.datasets.fiac import fetch_fiac_first_level
from boldglm.datasets.language_localizer import fetch_language_localizer_demo_dataset
from boldglm.datasets.localizer import (
    fetch_localizer_button_task,
    fetch_localizer_calculation_task,
    fetch_localizer_contrasts,
)
from boldglm.datasets.localizer_first_level import fetch_localizer_first_level
from boldglm.datasets.openneuro import (
    fetch_ds000030_urls,
    fetch_openneuro_dataset,
    patch_openneuro_dataset,
    select_from_index,
)
from boldglm.datasets.spm import fetch_spm_auditory, fetch_spm_multimodal_fmri

__all__ = [
    "fetch_ds000030_urls",
    "fetch_fiac_first_level",
    "fetch_language_localizer_demo_dataset",
    "fetch_localizer_button_task",
    "fetch_localizer_calculation_task",
    "fetch_localizer_contrasts",
    "fetch_localizer_first_level",
    "fetch_openneuro_dataset",
    "fetch_spm_auditory",
    "fetch_spm_multimodal_fmri",
    "patch_openneuro_dataset",
    "select_from_index",
]
