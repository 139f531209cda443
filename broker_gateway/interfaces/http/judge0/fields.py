"""The fields of a submission that a caller may ask for."""

from __future__ import annotations

from collections.abc import Sequence

from broker_gateway.interfaces.http.judge0.errors import wrong

DEFAULT = ("token", "time", "memory", "stdout", "stderr", "compile_output", "message", "status")
_ASKED = (
    *("source_code", "stdin", "expected_output", "compiler_options", "command_line_arguments"),
    *("cpu_time_limit", "wall_time_limit", "memory_limit", "max_processes_and_or_threads", "max_file_size"),
)
ASKED = frozenset(_ASKED)
"""What only a history that keeps what was submitted knows."""
ENCODED = frozenset(("source_code", "stdin", "expected_output", "stdout", "stderr", "compile_output", "message"))
"""Base64 where that is asked for."""
ALL = (
    *_ASKED,
    *("language_id", "stdout", "status_id", "created_at", "finished_at", "time", "memory", "stderr", "token"),
    *("number_of_runs", "cpu_extra_time", "stack_limit"),
    *("enable_per_process_and_thread_time_limit", "enable_per_process_and_thread_memory_limit"),
    *("compile_output", "exit_code", "exit_signal", "message", "wall_time"),
    *("redirect_stderr_to_stdout", "callback_url", "additional_files", "enable_network"),
    *("status", "language"),
)
"""What 1.13.1 has. The SDK fails over any other, such as started_at, which came later."""
_EVERY = "*"
_known = frozenset((*ALL, _EVERY))


def wanted_fields(text: str) -> Sequence[str]:
    """Those that a query's ``fields`` asks for. Raises RefusedError."""
    names = [name for name in dict.fromkeys(text.split(",")) if name]
    unknown = [name for name in names if name not in _known]
    if unknown:
        wrong(f"invalid fields: [{', '.join(unknown)}]")
    return ALL if _EVERY in names else (names or DEFAULT)
