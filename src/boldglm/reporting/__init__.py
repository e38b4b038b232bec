"""What is told about a result: tables of clusters."""

from boldglm._base.lazy import attach

_NAMES = {"get_clusters_table": "boldglm.reporting.clusters"}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
