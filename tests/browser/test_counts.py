"""The viewer of a fitted model's report shows as many voxels as the report counts."""

import pytest
from tests.reporting.simulated_models import content, first_level

from boldglm.reporting.page import write_page

pytestmark = pytest.mark.usefixtures("bundle")


@pytest.fixture(scope="module")
def model():
    return first_level()


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {"height_control": "fdr", "alpha": 0.05},
        {"height_control": "fpr", "alpha": 0.05},
        {"height_control": "fdr", "alpha": 0.2, "cluster_threshold": 4},
        {"height_control": None, "threshold": 1.0, "cluster_threshold": 10},
        {"height_control": "bonferroni", "alpha": 0.05, "cluster_threshold": 2},
    ],
)
def test_as_many_voxels_are_shown_as_the_report_counts(
    visit, model, two_sided, options
):
    found = content(model, {"a": "a", "b": "b"}, two_sided=two_sided, **options)
    opened = visit(write_page(found))
    for contrast in found.contrasts:
        opened.page.select_option("#contrast", contrast.key)
        name = f"{contrast.volume.name}.nii.gz"
        opened.until(f"boldglmReport.nv.volumes[1].name === '{name}'")
        assert opened.state("shown") == contrast.n_above
        assert f"; {contrast.n_above} voxel" in opened.text("#threshold-words")
    assert found.contrasts[0].n_above > 0
