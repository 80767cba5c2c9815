"""The server of reports: what it gives, and what it keeps."""

import http.client
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flows.ports import holder, is_free, next_free
from flows.report_server import report_server


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("workspace")
    for name, content in {
        "runs/r1/train/3_train.html": "<p>the notebook</p>",
        "runs/r1/run.json": "{}",
        "runs/r1/.tmp-5/secret.html": "unfinished",
        "models/m1/card.md": "# A card",
        "models/m1/weights.npy": "weights",
        "settings.json": "settings",
        ".prefect/prefect.db": "database",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (root / "runs" / "r1" / "way-out").symlink_to(root / "settings.json")
    return root


@pytest.fixture(scope="module")
def address(workspace: Path) -> Iterator[str]:
    with report_server(workspace, next_free(43_100)) as address:
        yield address


def ask(address: str, path: str, method: str = "GET", host: str = "") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request(method, path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()


def test_a_run_s_notebook_and_a_model_s_card_are_read_in_a_browser(address: str) -> None:
    assert ask(address, "/runs/r1/train/3_train.html") == (
        200,
        "text/html; charset=utf-8",
        "<p>the notebook</p>",
    )
    assert ask(address, "/models/m1/card.md") == (200, "text/plain; charset=utf-8", "# A card")


def test_the_first_page_lists_the_notebooks_of_the_runs(address: str) -> None:
    _, _, page = ask(address, "/")
    assert 'href="/runs/r1/train/3_train.html"' in page
    assert "secret" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/settings.json",
        "/.prefect/prefect.db",
        "/models/m1/weights.npy",
        "/runs/r1/.tmp-5/secret.html",
        "/runs/../settings.json",
        "/runs/r1/%2e%2e/%2e%2e/settings.json",
        "/runs/r1/way-out",
        "//etc/passwd",
        "/runs/r1",
        "/runs/nothing.html",
    ],
)
def test_nothing_else_of_the_machine_is_given_away(address: str, path: str) -> None:
    assert ask(address, path)[0] == 404


def test_nothing_can_be_written_and_no_other_name_is_answered(address: str) -> None:
    assert ask(address, "/runs/r1/run.json", "DELETE")[0] == 501
    assert ask(address, "/runs/r1/run.json", host="evil.example")[0] == 403


def test_a_taken_port_is_told_by_its_holder_and_the_next_free_one_is_used(
    workspace: Path, address: str
) -> None:
    port = int(address.rpartition(":")[2])
    assert not is_free(port)
    assert holder(port).endswith(f"process {os.getpid()}")
    with report_server(workspace, port) as other:
        assert int(other.rpartition(":")[2]) > port
