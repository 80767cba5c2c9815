"""Prefect's settings: defaults in the environment, set before Prefect is imported.

`[tool.prefect]` in pyproject.toml would be read inside the repo only. What is set already stays.
"""

import os

from recpipe.core.workspace import Workspace

QUIET = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
"""For a terminal with its own progress: Prefect's lines go to the log file of the run only."""


def prefect_settings(workspace: Workspace) -> dict[str, str]:
    """Return the settings this house needs, each with its reason beside it."""
    return {
        "PREFECT_HOME": str(workspace.root / ".prefect"),  # state belongs to the workspace
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # 20 is too short on a busy machine
        "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
        "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "60",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_RUNNER_POLL_FREQUENCY": "4",  # after a click ten are long
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",  # what makes Retry go on at the failed stage
        "PREFECT_LOGGING_EXTRA_LOGGERS": "recpipe",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",  # `recpipe` also logs outside of runs
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }


def set_defaults(settings: dict[str, str]) -> None:
    """Set what the environment does not have yet."""
    for name, value in settings.items():
        os.environ.setdefault(name, value)
