"""Data to work with: what is fetched, MNI152 templates, simulated data of known truth.

Examples
--------
>>> from boldglm.datasets import make_brain
>>> make_brain(voxel_size=6.0).shape
(27, 33, 27)
"""

from boldglm._base.lazy import attach

_NAMES = {
    "Activation": "boldglm.datasets.simulate_brain",
    "Brain": "boldglm.datasets.simulate_brain",
    "GroupSettings": "boldglm.datasets.simulate",
    "GroupTruth": "boldglm.datasets.simulate",
    "NoiseSettings": "boldglm.datasets.simulate_noise",
    "RunSettings": "boldglm.datasets.simulate",
    "SimulatedDataset": "boldglm.datasets.simulate_files",
    "SimulatedGroup": "boldglm.datasets.simulate",
    "SimulatedRun": "boldglm.datasets.simulate",
    "SimulatedStudy": "boldglm.datasets.simulate",
    "Truth": "boldglm.datasets.simulate",
    "default_activations": "boldglm.datasets.simulate",
    "fetch_ds000030_urls": "boldglm.datasets.openneuro",
    "fetch_fiac_first_level": "boldglm.datasets.fiac",
    "fetch_language_localizer_demo_dataset": "boldglm.datasets.language_localizer",
    "fetch_localizer_button_task": "boldglm.datasets.localizer",
    "fetch_localizer_calculation_task": "boldglm.datasets.localizer",
    "fetch_localizer_contrasts": "boldglm.datasets.localizer",
    "fetch_localizer_first_level": "boldglm.datasets.localizer_first_level",
    "fetch_openneuro_dataset": "boldglm.datasets.openneuro",
    "fetch_spm_auditory": "boldglm.datasets.spm",
    "fetch_spm_multimodal_fmri": "boldglm.datasets.spm",
    "func": "boldglm.datasets.func",
    "get_data_dirs": "boldglm.datasets.folders",
    "load_mni152_brain_mask": "boldglm.datasets.templates",
    "load_mni152_gm_mask": "boldglm.datasets.templates",
    "load_mni152_gm_template": "boldglm.datasets.templates",
    "load_mni152_template": "boldglm.datasets.templates",
    "load_mni152_wm_mask": "boldglm.datasets.templates",
    "load_mni152_wm_template": "boldglm.datasets.templates",
    "load_sample_motor_activation_image": "boldglm.datasets.simulate_motor",
    "make_brain": "boldglm.datasets.simulate_brain",
    "patch_openneuro_dataset": "boldglm.datasets.openneuro",
    "select_from_index": "boldglm.datasets.openneuro",
    "simulate": "boldglm.datasets.simulate",
    "simulate_bids": "boldglm.datasets.simulate",
    "simulate_dataset": "boldglm.datasets.simulate_files",
    "simulate_fiac_first_level": "boldglm.datasets.simulate_fiac",
    "simulate_group": "boldglm.datasets.simulate",
    "simulate_localizer_contrasts": "boldglm.datasets.simulate_localizer",
    "simulate_run": "boldglm.datasets.simulate",
    "simulate_spm_multimodal_fmri": "boldglm.datasets.simulate_spm",
    "simulate_subject": "boldglm.datasets.simulate",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
