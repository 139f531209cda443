"""The blog's own backend for ``<code-runner>``: routes that a page asks in place of the gateway's, so that the key
stays on the server.

``coderunner.backend.starlette`` (FastAPI too) and ``coderunner.backend.django`` mount them; this core knows no web
framework.
"""

from __future__ import annotations

from coderunner.backend.backend import Backend as Backend
from coderunner.backend.callbacks import Callbacks as Callbacks
from coderunner.backend.policy import Policy as Policy
from coderunner.backend.results import MemoryResults as MemoryResults
from coderunner.backend.results import Results as Results
