"""Serves a workspace's executed notebooks and reports over loopback, to be read only."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from urllib.parse import quote, unquote, urlsplit

from flows.links import is_served
from flows.ports import HOST, next_free
from recpipe.core.errors import BusyError

TYPES = {".html": "text/html", ".png": "image/png", ".svg": "image/svg+xml"}
"""Content types by suffix; everything else is text to be looked at."""


@contextmanager
def report_server(root: Path, port: int) -> Iterator[str]:
    """Serve the reports of the workspace at `root`; yield the address. The next free port if `port` is taken.

    Raises ParameterError if no port is free.
    """

    class Reports(ReportHandler):
        workspace = root

    chosen = next_free(port)
    try:
        server = ThreadingHTTPServer((HOST, chosen), Reports)
    except OSError as error:
        raise BusyError(f"port {chosen}: taken meanwhile ({error.strerror})", "Start again.") from None
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class ReportHandler(BaseHTTPRequestHandler):
    """Answers GET with a file that is a report, with the list of runs at `/`, with 404 to all else."""

    workspace: Path

    def do_GET(self) -> None:
        """Send one file."""
        # a page elsewhere that has its name resolve to loopback sends that name
        host = self.headers.get("Host", "").partition(":")[0]
        path = PurePosixPath(unquote(urlsplit(self.path).path).lstrip("/"))
        if host not in {HOST, "localhost"}:
            self.send_error(HTTPStatus.FORBIDDEN)
        elif str(path) == ".":
            self._send("text/html", self._index().encode())
        elif found := report_file(self.workspace, path):
            self._send_file(found)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the terminal belongs to `recpipe up`."""

    def _index(self) -> str:
        """List the runs, the newest first, with their notebooks."""
        pages = sorted(self.workspace.glob("runs/*/**/*.html"), key=lambda page: page.parts, reverse=True)
        links = [PurePosixPath(page.relative_to(self.workspace).as_posix()) for page in pages]
        rows = "".join(
            f'<li><a href="/{quote(str(link))}">{escape(str(link))}</a></li>'
            for link in links
            if is_served(link)
        )
        return f"<!doctype html><meta charset=utf-8><title>recpipe: runs</title><h1>Runs</h1><ul>{rows}</ul>"

    def _send_file(self, file: Path) -> None:
        try:
            with file.open("rb") as content:
                self._head(TYPES.get(file.suffix, "text/plain"), file.stat().st_size)
                copyfileobj(content, self.wfile)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the reader has left

    def _send(self, kind: str, content: bytes) -> None:
        self._head(kind, len(content))
        self.wfile.write(content)

    def _head(self, kind: str, length: int) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind if kind.startswith("image/") else f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(length))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()


def report_file(root: Path, path: PurePosixPath) -> Path | None:
    """Return the file of a report, None where `path` (relative to the workspace) is none.

    Links and `..` are followed first: what counts is where they lead.
    """
    found = (root / path).resolve()
    if not found.is_relative_to(root.resolve()) or not found.is_file():
        return None
    return found if is_served(PurePosixPath(found.relative_to(root.resolve()).as_posix())) else None
