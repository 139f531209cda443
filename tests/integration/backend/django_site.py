"""A site on Django with the backend at ``/code``.

python -m tests.integration.backend.django_site asgi|wsgi PORT
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.exceptions import PermissionDenied
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import include, path

from coderunner import Client
from coderunner.backend import Backend, Policy
from coderunner.backend.django import code_runner, talking

POST = """<!doctype html><title>A post</title><link rel="icon" href="data:,">
<script defer src="/code/page/code-runner.js"></script>
<code-runner-settings url="/code"></code-runner-settings>
<pre><code class="language-python">name = input('Your name? ')
print('Hello', name)</code></pre><code-runner interactive></code-runner>"""


class Readers:
    """Knows readers by a header or a cookie, which an address does not have; some it does not let in, each in another
    way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = request.headers.get("x-user") or request.COOKIES.get("user")
        request.reader_name = known or request.META["REMOTE_ADDR"]
        if request.reader_name == "nobody":
            return HttpResponseRedirect("/log-in")
        return self._get_response(request)


def reader(request: HttpRequest) -> str:
    name: str = request.reader_name
    if name == "mallory":
        raise PermissionDenied
    if name == "error":
        raise ZeroDivisionError
    return name


backend = Backend(Client(), Policy(max_streams_per_reader=4))
urlpatterns = [
    path("", lambda _request: HttpResponse("a site")),
    path("post", lambda _request: HttpResponse(POST)),
    path("code/", include((code_runner(backend, reader=reader), "code-runner"))),
]


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def main(kind: str, port: int) -> None:
    settings.configure(
        ROOT_URLCONF="tests.integration.backend.django_site",
        ALLOWED_HOSTS=["127.0.0.1"],
        MIDDLEWARE=[
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.middleware.common.CommonMiddleware",
            "tests.integration.backend.django_site.Readers",
        ],
    )
    django.setup()
    if kind == "asgi":
        application: Any = talking(get_asgi_application())
        uvicorn.run(application, port=port, lifespan="off", access_log=False, timeout_graceful_shutdown=1)
    else:
        make_server("127.0.0.1", port, get_wsgi_application(), server_class=_Threads).serve_forever()


if __name__ == "__main__":
    sys.modules["tests.integration.backend.django_site"] = sys.modules["__main__"]  # the URLs are read by that name
    main(sys.argv[1], int(sys.argv[2]))
