"""A web server on this machine that serves a few bytes, and fails as it is told."""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Serves `files`; its attributes say how it fails.

    ``cut_after`` lists for the next answers how many bytes they send before the connection breaks
    (None: all), ``knows_ranges`` says whether a part can be asked for, ``ranges`` what was asked for.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.cut_after: list[int | None] = []
        self.knows_ranges = True
        self.ranges: list[str | None] = []

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        wanted = self.headers["Range"]
        self.server.ranges.append(wanted)
        content = self.server.files.get(self.path.lstrip("/"))
        if content is None:
            self._answer(404, b"")
        elif wanted and self.server.knows_ranges:
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
            self._answer(206 if start < len(content) else 416, content[start:])
        else:
            self._answer(200, content)

    def _answer(self, status, content):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        cut = self.server.cut_after.pop(0) if self.server.cut_after else None
        self.wfile.write(content[:cut])
        self.close_connection = cut is not None

    def log_message(self, *_):
        """Say nothing."""
