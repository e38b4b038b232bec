"""What is told about a result: reports, tables of clusters."""

from boldglm._base.lazy import attach

_NAMES = {
    "HTMLReport": "boldglm.reporting.html_report",
    "get_clusters_table": "boldglm.reporting.clusters",
    "make_glm_report": "boldglm.reporting.glm_report",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
