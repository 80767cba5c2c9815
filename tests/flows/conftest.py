import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def prefect_defaults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Our settings, in place before any test imports Prefect, which reads them once."""
    from flows.settings import QUIET, prefect_settings, set_defaults
    from recpipe.core.workspace import Workspace

    before = dict(os.environ)
    set_defaults(prefect_settings(Workspace(tmp_path_factory.mktemp("prefect"))) | QUIET)
    yield
    for name in set(os.environ) - set(before):
        del os.environ[name]


@pytest.fixture(scope="session")
def prefect_api(prefect_defaults: None) -> Iterator[str]:
    """One temporary Prefect server for all tests that run flows; its address."""
    from prefect.settings import PREFECT_API_URL
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield str(PREFECT_API_URL.value())
