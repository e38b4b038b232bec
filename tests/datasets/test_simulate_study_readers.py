"""What others read of a simulated study."""

from pathlib import Path

import numpy as np
import pytest
from tests.datasets.studies import SETTINGS, truth_of, values, write

from boldglm.datasets import make_brain


@pytest.fixture(scope="module")
def brain():
    return make_brain(8.0)


@pytest.fixture(scope="module")
def study(brain, tmp_path_factory):
    return write(tmp_path_factory.mktemp("bids") / "study", brain)


# what nilearn says of masks that are given and of voxels that are zero
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
def test_nilearn_reads_the_study_and_finds_the_truth(study, brain):
    first_level = pytest.importorskip("nilearn.glm.first_level")
    models, images, events, confounds = first_level.first_level_from_bids(
        study.folder,
        study.task,
        space_label=study.space,
        img_filters=[("desc", "preproc")],
        derivatives_folder="derivatives/fmriprep",
        hrf_model="spm",
        drift_model=None,
        noise_model="ar1",
        signal_scaling=0,
        mask_img=str(study.masks[0][0]),
        confounds_strategy=("motion", "high_pass"),
        confounds_motion="basic",
    )
    assert [model.subject_label for model in models] == list(study.subjects)
    assert [[Path(path) for path in runs] for runs in images] == [
        list(runs) for runs in study.bold
    ]
    assert {model.t_r for model in models} == {1.5}
    for number, label in enumerate(study.subjects):
        models[number].fit(images[number], events[number], confounds[number])
        truth = study.truth / f"sub-{label}"
        missing = values(truth / "missing.nii.gz") > 0
        for condition in ("left", "right"):
            effect = values(truth / f"effect-{condition}.nii.gz")
            n = len(models[number].design_matrices_[0].columns)
            at = list(models[number].design_matrices_[0].columns).index(condition)
            found = models[number].compute_contrast(
                [np.eye(n)[at]] * 2, output_type="effect_size"
            )
            variance = models[number].compute_contrast(
                [np.eye(n)[at]] * 2, output_type="effect_variance"
            )
            inside = brain.mask & ~missing
            sd = np.sqrt(np.asarray(variance.dataobj)[inside])
            z = (np.asarray(found.dataobj) - effect)[inside] / sd
            # spikes, which the design does not know, are the same everywhere
            assert abs(z.mean()) < 0.9
            assert 0.9 < z.std() < 1.3
            peak = np.unravel_index(effect.argmax(), effect.shape)
            height = np.asarray(found.dataobj)[peak]
            assert height == pytest.approx(effect[peak], abs=1.0)


@pytest.mark.parametrize(
    ("strategy", "options"),
    [
        (("motion", "wm_csf", "global_signal"), {"motion": "full", "wm_csf": "full"}),
        (("high_pass", "compcor"), {"compcor": "anat_combined", "n_compcor": 4}),
        (("motion", "scrub"), {"scrub": 0, "fd_threshold": 2.0}),
    ],
)
def test_confounds_load_by_every_strategy_of_nilearn(study, strategy, options):
    fmriprep = pytest.importorskip("nilearn.interfaces.fmriprep")
    path = str(study.bold[0][0])
    table, kept = fmriprep.load_confounds(path, strategy=strategy, **options)
    assert len(table) == SETTINGS.n_scans
    assert table.notna().all(axis=None)
    if "scrub" in strategy:
        spikes = truth_of(study, "01")[0]["spikes"]["run-1"]
        assert not set(spikes) & set(kept)
        assert len(kept) >= SETTINGS.n_scans - 2 * len(spikes) - 2
    else:
        assert kept is None
