"""Ports on loopback: who has one, and which is free."""

import socket

import psutil

from recpipe.core.errors import ParameterError

HOST = "127.0.0.1"
TRIED = 100
"""How many ports after a taken one are tried."""


def is_free(port: int) -> bool:
    """Tell whether a server can listen at `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def next_free(port: int) -> int:
    """Return `port`, or the first free one after it. Raises ParameterError if there is none near."""
    for candidate in range(port, min(port + TRIED, 65536)):
        if is_free(candidate):
            return candidate
    raise ParameterError(f"port {port}: taken, and so are those after it", "Choose another one.")


def holder(port: int) -> str:
    """Name the process that listens at `port`, or say that it cannot be seen."""
    for process in psutil.process_iter(["name", "pid"]):
        try:
            listening = {
                connection.laddr.port
                for connection in process.net_connections("tcp")
                if connection.status == psutil.CONN_LISTEN
            }
        except (psutil.Error, OSError):
            continue  # it ended meanwhile, or is somebody else's
        if port in listening:
            return f"{process.info['name']}, process {process.info['pid']}"
    return "a process that cannot be seen from here"
