"""recpipe: a recommender pipeline from raw events to a personal list for every user.

Importing it sets environment defaults, before anything heavy loads: legacy Keras for TensorFlow
Recommenders, quiet logs, telemetry off. What is set already stays. Kernels inherit them.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recpipe.run.session import open_stage, stage_result

__all__ = ["open_stage", "stage_result"]

_ENVIRONMENT = {
    "TF_USE_LEGACY_KERAS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "JUPYTER_PREFER_ENV_PATH": "1",  # or a kernel that is called so at home is taken for ours
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # silences a debugger's warning at every kernel start
}

for _name, _value in _ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)


def __getattr__(name: str) -> Any:
    """Offer the two verbs of a notebook lazily, so that `import recpipe` stays cheap."""
    if name in __all__:
        return getattr(import_module("recpipe.run.session"), name)
    raise AttributeError(f"module 'recpipe' has no attribute {name!r}")
