"""The bodies of Judge0's requests. Their values are looked at one by one, as Judge0 does: what is wrong with one is
told by its name, and an unknown name is ignored."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class SubmissionBody(Struct):
    """A submission as it was sent; None: nothing was."""

    source_code: Any = None
    language_id: Any = None
    stdin: Any = None
    expected_output: Any = None
    compiler_options: Any = None
    command_line_arguments: Any = None
    cpu_time_limit: Any = None
    cpu_extra_time: Any = None
    wall_time_limit: Any = None
    memory_limit: Any = None
    stack_limit: Any = None
    max_processes_and_or_threads: Any = None
    max_file_size: Any = None
    number_of_runs: Any = None
    enable_per_process_and_thread_time_limit: Any = None
    enable_per_process_and_thread_memory_limit: Any = None
    redirect_stderr_to_stdout: Any = None
    enable_network: Any = None
    callback_url: Any = None
    additional_files: Any = None

    @property
    def size(self) -> int:
        """The characters of its texts."""
        values = (getattr(self, name) for name in self.__struct_fields__)
        return sum(len(one) for one in values if isinstance(one, str))


class BatchBody(Struct):
    """Several submissions."""

    submissions: list[SubmissionBody] | None = None
