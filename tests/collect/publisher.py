"""A publisher on this machine: small archives in the form of MovieLens, over HTTP that can be made to fail."""

import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RATINGS = [("1", "10", 5, 964982703), ("1", "20", 2.5, 964982800), ("2", "10", 4, 964983000)]
"""User, film, rating, seconds."""


def _lines(delimiter: str, rows: list[tuple[object, ...]], header: str = "") -> str:
    lines = [delimiter.join(str(value) for value in row) for row in rows]
    return "\n".join([*([header] if header else []), *lines]) + "\n"


def _csv_release(folder: str) -> dict[str, bytes]:
    movies = 'movieId,title,genres\n10,"American ""President"", The (1995)",Comedy|Drama\n20,Nameless,(no genres listed)\n'
    tags = "userId,movieId,tag,timestamp\n1,10,Funny,1\n2,10,funny ,2\n2,10,slow,3\n2,20,,4\n"
    return {
        f"{folder}/ratings.csv": _lines(",", RATINGS, "userId,movieId,rating,timestamp").encode(),
        f"{folder}/movies.csv": movies.encode(),
        f"{folder}/tags.csv": tags.encode(),
        f"{folder}/README.txt": b"no data",
    }


FILMS = "10::Misérables, Les (1995)::Drama|Musical\n20::Nameless::\n"

MEMBERS: dict[str, dict[str, bytes]] = {
    "100k": {
        "ml-100k/u.data": _lines("\t", RATINGS).encode(),
        "ml-100k/u.item": (
            "10|Misérables, Les (1995)|01-Jan-1995||http://x|" + "|".join("0000000010001000000") + "\n"
            "20|Nameless||||" + "|".join("1" + "0" * 18) + "\n"
        ).encode("latin-1"),
        "ml-100k/u.user": b"1|24|M|technician|85711\n2|53|F|other|02139\n",
    },
    "1m": {
        "ml-1m/ratings.dat": _lines("::", RATINGS).encode(),
        "ml-1m/movies.dat": FILMS.encode("latin-1"),
        "ml-1m/users.dat": b"1::F::1::10::48067\n2::M::56::16::70072\n",
    },
    "10m": {
        "ml-10M100K/ratings.dat": _lines("::", RATINGS).encode(),
        "ml-10M100K/movies.dat": FILMS.encode(),
        "ml-10M100K/tags.dat": b'2::10::Great "score"::1\n',
    },
    "20m": _csv_release("ml-20m"),
    "32m": _csv_release("ml-32m"),
    "latest-small": _csv_release("ml-latest-small"),
}


def archive(members: dict[str, bytes]) -> bytes:
    """Zip the members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return buffer.getvalue()


class Publisher:
    """What is served, and how it fails. `asked` lists the ranges that were asked for of archives."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut_after: list[int] = []
        """Bytes after which the line breaks, one for each of the next answers."""
        self.takes_ranges = True
        self.asked: list[str] = []
        self.address = ""

    def offer(self, release: str, content: bytes, md5: str = "") -> None:
        """Serve an archive, with its checksum beside it."""
        name = f"ml-{release}.zip"
        checksum = md5 or hashlib.md5(content).hexdigest()
        self.files |= {name: content, f"{name}.md5": f"MD5 ({name}) = {checksum}\n".encode()}


@contextmanager
def publishing() -> Iterator[Publisher]:
    """Serve on a free port of 127.0.0.1 for the block."""
    publisher = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            content = publisher.files.get(self.path.lstrip("/"))
            if content is None:
                self.send_error(404)
                return
            wanted = self.headers.get("Range", "")
            if with_body and self.path.endswith(".zip"):
                publisher.asked.append(wanted)
            begin = int(re.search(r"\d+", wanted)[0]) if wanted and publisher.takes_ranges else 0
            if begin and begin >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(content) - begin))
            self.end_headers()
            if with_body:
                cut = (
                    publisher.cut_after.pop(0) if publisher.cut_after and self.path.endswith(".zip") else None
                )
                self.wfile.write(content[begin:][:cut])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    publisher.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
