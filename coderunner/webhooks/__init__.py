"""The receiving end of CodeRunner's callbacks: ``receive`` verifies one, recognizes a repeated one, and reads it.

The core knows no web framework; ``receive_starlette`` (FastAPI too), ``receive_django`` and ``receive_flask`` answer a
request of theirs, and import the framework when they are called.
"""

from __future__ import annotations

from coderunner.webhooks.adapters import receive_django as receive_django
from coderunner.webhooks.adapters import receive_flask as receive_flask
from coderunner.webhooks.adapters import receive_starlette as receive_starlette
from coderunner.webhooks.errors import WebhookError as WebhookError
from coderunner.webhooks.receiving import receive as receive
from coderunner.webhooks.seen import MemorySeen as MemorySeen
from coderunner.webhooks.seen import Seen as Seen
from coderunner.webhooks.seen import SeenBefore as SeenBefore
