"""The exception of a callback that is not taken."""

from __future__ import annotations

from coderunner.errors import CodeRunnerError


class WebhookError(CodeRunnerError):
    """The request is no callback that may be believed, or not now; ``status`` is the HTTP status to answer with. Its
    words may be shown: they hold nothing of the secrets."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
