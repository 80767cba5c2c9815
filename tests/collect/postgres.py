"""A PostgreSQL server of one's own: a cluster in a temporary folder, on a free port of 127.0.0.1."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT_SECONDS = 60


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, Debian's included; None if they are not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Lend the address of a server for the block; `folder` is made for it. Its only user is `shop`."""
    bin_folder = programs()
    assert bin_folder, "PostgreSQL is not installed: apt-get install postgresql"
    folder.mkdir()
    # the server refuses to be root
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    initdb = [
        bin_folder / "initdb",
        "-D",
        data,
        "-U",
        "shop",
        "--auth=trust",
        "--no-sync",
        "--locale=C.UTF-8",
        "-E",
        "UTF8",
    ]
    subprocess.run(initdb, check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = [
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        f"port={port}",
        "-c",
        f"unix_socket_directories={folder}",
        "-F",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [bin_folder / "postgres", "-D", data, *settings], cwd=folder, stderr=log, **user
        )
    try:
        _wait(bin_folder, port, process)
        yield f"postgresql://shop@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()  # waits for its clients
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(bin_folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    ask = [bin_folder / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-d", "postgres"]
    while subprocess.run(ask, check=False).returncode != 0:
        assert process.poll() is None, "the server has ended"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.1)
