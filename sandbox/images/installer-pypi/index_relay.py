"""The index of packages as an installer sees it: plain HTTP on the loopback, each request passed on to the node through
standard output, each answer taken from standard input (docs/packages.md).

The node's places are found under their own addresses, ``/https/index.example/simple/`` for
``https://index.example/simple/``, so that relative links lead where they should; in pages,
addresses of the places are written anew.
"""

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

_PAGES = ("text/html", "application/json", "application/vnd.")
_MAX_PAGE_BYTES = 64 << 20
_MAX_ASKED_CHARS = 4_096
"""The node takes no line with a longer address, and reads none of half as many characters: it says so."""
_MAX_INSTALLED = 2_000
_MAX_TOLD_CHARS = 301
_MAX_LISTED_CHARS = 64 << 10
"""The node keeps no set that comes to more (``listing_fault`` in node/domain/layers.py)."""
_TOLD = re.compile(r"[A-Za-z0-9@][A-Za-z0-9@/:.=+!_~-]+")
_SHOWN_CHARS = 100


class Line:
    """The line to the node. One request at a time."""

    def __init__(self):
        self._requests, self._answers = sys.stdout.buffer, sys.stdin.buffer
        sys.stdout = sys.stderr  # what is printed by mistake is no request
        self._lock = threading.Lock()

    def __enter__(self):
        self._lock.acquire()
        return self

    def __exit__(self, *_):
        self._lock.release()

    def open(self, url, accept):
        """Asks for a document: its status, type and size (None: not told), and an error in words."""
        self.say({"get": url[:_MAX_ASKED_CHARS], "accept": accept})
        return json.loads(self._answers.readline())

    def read(self):
        """The next piece of the document; empty at its end. Raises OSError where it broke off."""
        self.say({"more": True})
        size = int(self._answers.readline())
        if size < 0:
            raise OSError("the answer broke off")
        return self._answers.read(size)

    def tell(self, packages):
        """Tells what was installed, each with its version. Ends the installation where that is more than may be."""
        fault = fault_of(packages)
        if fault:
            raise SystemExit(f"ERROR: {fault}")
        with self:
            self.say({"packages": packages})

    def say(self, message):
        self._requests.write(json.dumps(message).encode() + b"\n")
        self._requests.flush()


def fault_of(packages):
    """Why a set of packages cannot be kept, in words; empty where it can."""
    if not packages:
        return "nothing was installed"
    if len(packages) > _MAX_INSTALLED:
        return f"these are {len(packages)} packages with all that they need; at most {_MAX_INSTALLED} can be in one set"
    for package in packages:
        if len(package) > _MAX_TOLD_CHARS:
            shown = package[:_SHOWN_CHARS]
            return f"{shown!a}... has more than {_MAX_TOLD_CHARS} characters with its version, which no set can have"
        if not _TOLD.fullmatch(package):
            return f"{package[:_SHOWN_CHARS]!a} is no name that can be told"
    chars = sum(map(len, packages))
    if chars > _MAX_LISTED_CHARS:
        return f"the names of these packages have {chars} characters; at most {_MAX_LISTED_CHARS} can be in one set"
    return ""


def serve(line, places):
    """Serves the places from now on, in the background. Returns the address of the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.line = line
    server.address = f"http://127.0.0.1:{server.server_port}"
    server.local = {place.encode(): _local(server.address, place).encode() for place in places}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.address


def local_address(address, place):
    """Where the server at ``address`` has a place."""
    return _local(address, place)


def _local(address, place):
    scheme, _, rest = place.partition("://")
    return f"{address}/{scheme}/{rest}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body waits 40 ms behind its head otherwise

    def do_GET(self):
        scheme, _, rest = self.path.lstrip("/").partition("/")
        host, _, path = rest.partition("/")
        with self.server.line as line:  # installers write the colon before a port in their own way
            answer = line.open(f"{scheme}://{unquote(host)}/{path}", self.headers.get("Accept", "*/*"))
            if answer["error"]:
                self._refuse(answer["error"])
            elif answer["type"].startswith(_PAGES):
                self._send_page(line, answer)
            else:
                self._send_file(line, answer)

    def log_message(self, *_):
        """Nothing: what the installer says is what its caller sees."""

    def _refuse(self, words):
        body = words.encode()
        self._begin(502, "text/plain", len(body))
        self.wfile.write(body)

    def _send_page(self, line, answer):
        page = bytearray()
        while piece := line.read():
            page += piece
            if len(page) > _MAX_PAGE_BYTES:
                raise OSError("the page is too large")
        page = bytes(page)
        for theirs, ours in self.server.local.items():
            page = page.replace(theirs, ours)
        self._begin(answer["status"], answer["type"], len(page))
        self.wfile.write(page)

    def _send_file(self, line, answer):
        self._begin(answer["status"], answer["type"], answer["bytes"])
        while piece := line.read():
            self.wfile.write(piece)

    def _begin(self, status, kind, size):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if size is None:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(size))
        self.end_headers()
