"""Tables of fMRIPrep: its confounds are chosen by nilearn, and can be given to `fit`.

A package, though nothing is in it yet: only packages can say more of a name that they
have not.
"""

from boldglm._base.lazy import attach

__all__: list[str] = []

__getattr__, __dir__ = attach(__name__, {})
