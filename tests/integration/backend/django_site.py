"""A site on Django with the backend at ``/code``.

python -m tests.integration.backend.django_site asgi|wsgi PORT
"""

from __future__ import annotations

import sys
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import include, path

from coderunner import Client
from coderunner.backend import Backend, Policy
from coderunner.backend.django import code_runner

urlpatterns = [
    path("", lambda _request: HttpResponse("a site")),
    path("code/", include((code_runner(Backend(Client(), Policy(max_streams_per_reader=4))), "code-runner"))),
]


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def main(kind: str, port: int) -> None:
    settings.configure(
        ROOT_URLCONF="tests.integration.backend.django_site",
        ALLOWED_HOSTS=["127.0.0.1"],
        MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware", "django.middleware.common.CommonMiddleware"],
    )
    django.setup()
    if kind == "asgi":
        uvicorn.run(get_asgi_application(), port=port, lifespan="off", access_log=False, timeout_graceful_shutdown=1)
    else:
        application: Any = get_wsgi_application()
        make_server("127.0.0.1", port, application, server_class=_Threads).serve_forever()


if __name__ == "__main__":
    sys.modules["tests.integration.backend.django_site"] = sys.modules["__main__"]  # the URLs are read by that name
    main(sys.argv[1], int(sys.argv[2]))
