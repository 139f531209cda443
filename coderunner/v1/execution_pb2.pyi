from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Task(_message.Message):
    __slots__ = ("language", "language_version", "files", "entry_point", "stdin", "stdin_data", "stdin_digest", "args", "env", "compile_options", "limits", "priority", "cases", "stop_at_first_failure", "checker", "idempotency_key", "queue_deadline_ms", "callback", "labels", "large_result", "cache", "archive", "outputs", "reader", "interaction", "redirect_stderr", "packages", "test_framework")
    class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PRIORITY_UNSPECIFIED: _ClassVar[Task.Priority]
        LOW: _ClassVar[Task.Priority]
        NORMAL: _ClassVar[Task.Priority]
        HIGH: _ClassVar[Task.Priority]
    PRIORITY_UNSPECIFIED: Task.Priority
    LOW: Task.Priority
    NORMAL: Task.Priority
    HIGH: Task.Priority
    class Cache(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CACHE_UNSPECIFIED: _ClassVar[Task.Cache]
        OFF: _ClassVar[Task.Cache]
        READ: _ClassVar[Task.Cache]
        READ_WRITE: _ClassVar[Task.Cache]
    CACHE_UNSPECIFIED: Task.Cache
    OFF: Task.Cache
    READ: Task.Cache
    READ_WRITE: Task.Cache
    class EnvEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_VERSION_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    ENTRY_POINT_FIELD_NUMBER: _ClassVar[int]
    STDIN_FIELD_NUMBER: _ClassVar[int]
    STDIN_DATA_FIELD_NUMBER: _ClassVar[int]
    STDIN_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ARGS_FIELD_NUMBER: _ClassVar[int]
    ENV_FIELD_NUMBER: _ClassVar[int]
    COMPILE_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    CASES_FIELD_NUMBER: _ClassVar[int]
    STOP_AT_FIRST_FAILURE_FIELD_NUMBER: _ClassVar[int]
    CHECKER_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    QUEUE_DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    CALLBACK_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    LARGE_RESULT_FIELD_NUMBER: _ClassVar[int]
    CACHE_FIELD_NUMBER: _ClassVar[int]
    ARCHIVE_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    READER_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_STDERR_FIELD_NUMBER: _ClassVar[int]
    PACKAGES_FIELD_NUMBER: _ClassVar[int]
    TEST_FRAMEWORK_FIELD_NUMBER: _ClassVar[int]
    language: str
    language_version: str
    files: _containers.RepeatedCompositeFieldContainer[File]
    entry_point: str
    stdin: str
    stdin_data: bytes
    stdin_digest: str
    args: _containers.RepeatedScalarFieldContainer[str]
    env: _containers.ScalarMap[str, str]
    compile_options: _containers.RepeatedScalarFieldContainer[str]
    limits: Limits
    priority: Task.Priority
    cases: _containers.RepeatedCompositeFieldContainer[TestCase]
    stop_at_first_failure: bool
    checker: Checker
    idempotency_key: str
    queue_deadline_ms: int
    callback: Callback
    labels: _containers.ScalarMap[str, str]
    large_result: bool
    cache: Task.Cache
    archive: bytes
    outputs: _containers.RepeatedScalarFieldContainer[str]
    reader: str
    interaction: Interaction
    redirect_stderr: bool
    packages: _containers.RepeatedScalarFieldContainer[str]
    test_framework: str
    def __init__(self, language: _Optional[str] = ..., language_version: _Optional[str] = ..., files: _Optional[_Iterable[_Union[File, _Mapping]]] = ..., entry_point: _Optional[str] = ..., stdin: _Optional[str] = ..., stdin_data: _Optional[bytes] = ..., stdin_digest: _Optional[str] = ..., args: _Optional[_Iterable[str]] = ..., env: _Optional[_Mapping[str, str]] = ..., compile_options: _Optional[_Iterable[str]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., priority: _Optional[_Union[Task.Priority, str]] = ..., cases: _Optional[_Iterable[_Union[TestCase, _Mapping]]] = ..., stop_at_first_failure: bool = ..., checker: _Optional[_Union[Checker, _Mapping]] = ..., idempotency_key: _Optional[str] = ..., queue_deadline_ms: _Optional[int] = ..., callback: _Optional[_Union[Callback, _Mapping]] = ..., labels: _Optional[_Mapping[str, str]] = ..., large_result: bool = ..., cache: _Optional[_Union[Task.Cache, str]] = ..., archive: _Optional[bytes] = ..., outputs: _Optional[_Iterable[str]] = ..., reader: _Optional[str] = ..., interaction: _Optional[_Union[Interaction, _Mapping]] = ..., redirect_stderr: bool = ..., packages: _Optional[_Iterable[str]] = ..., test_framework: _Optional[str] = ...) -> None: ...

class Interaction(_message.Message):
    __slots__ = ("terminal", "session_ms", "grace_ms", "clock_goes_on")
    TERMINAL_FIELD_NUMBER: _ClassVar[int]
    SESSION_MS_FIELD_NUMBER: _ClassVar[int]
    GRACE_MS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_GOES_ON_FIELD_NUMBER: _ClassVar[int]
    terminal: Terminal
    session_ms: int
    grace_ms: int
    clock_goes_on: bool
    def __init__(self, terminal: _Optional[_Union[Terminal, _Mapping]] = ..., session_ms: _Optional[int] = ..., grace_ms: _Optional[int] = ..., clock_goes_on: bool = ...) -> None: ...

class Terminal(_message.Message):
    __slots__ = ("rows", "columns")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    rows: int
    columns: int
    def __init__(self, rows: _Optional[int] = ..., columns: _Optional[int] = ...) -> None: ...

class File(_message.Message):
    __slots__ = ("name", "content", "data", "digest")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    name: str
    content: str
    data: bytes
    digest: str
    def __init__(self, name: _Optional[str] = ..., content: _Optional[str] = ..., data: _Optional[bytes] = ..., digest: _Optional[str] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("cpu_ms", "wall_ms", "memory_bytes", "processes", "output_bytes", "disk_bytes", "open_files", "file_bytes")
    CPU_MS_FIELD_NUMBER: _ClassVar[int]
    WALL_MS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    PROCESSES_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_BYTES_FIELD_NUMBER: _ClassVar[int]
    DISK_BYTES_FIELD_NUMBER: _ClassVar[int]
    OPEN_FILES_FIELD_NUMBER: _ClassVar[int]
    FILE_BYTES_FIELD_NUMBER: _ClassVar[int]
    cpu_ms: int
    wall_ms: int
    memory_bytes: int
    processes: int
    output_bytes: int
    disk_bytes: int
    open_files: int
    file_bytes: int
    def __init__(self, cpu_ms: _Optional[int] = ..., wall_ms: _Optional[int] = ..., memory_bytes: _Optional[int] = ..., processes: _Optional[int] = ..., output_bytes: _Optional[int] = ..., disk_bytes: _Optional[int] = ..., open_files: _Optional[int] = ..., file_bytes: _Optional[int] = ...) -> None: ...

class TestCase(_message.Message):
    __slots__ = ("name", "stdin", "stdin_data", "stdin_digest", "args", "expected_output", "comparison", "limits")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STDIN_FIELD_NUMBER: _ClassVar[int]
    STDIN_DATA_FIELD_NUMBER: _ClassVar[int]
    STDIN_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ARGS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    COMPARISON_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    name: str
    stdin: str
    stdin_data: bytes
    stdin_digest: str
    args: _containers.RepeatedScalarFieldContainer[str]
    expected_output: str
    comparison: Comparison
    limits: Limits
    def __init__(self, name: _Optional[str] = ..., stdin: _Optional[str] = ..., stdin_data: _Optional[bytes] = ..., stdin_digest: _Optional[str] = ..., args: _Optional[_Iterable[str]] = ..., expected_output: _Optional[str] = ..., comparison: _Optional[_Union[Comparison, _Mapping]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ...) -> None: ...

class Comparison(_message.Message):
    __slots__ = ("mode", "epsilon")
    class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MODE_UNSPECIFIED: _ClassVar[Comparison.Mode]
        EXACT: _ClassVar[Comparison.Mode]
        TRIMMED: _ClassVar[Comparison.Mode]
        TOKENS: _ClassVar[Comparison.Mode]
        FLOAT: _ClassVar[Comparison.Mode]
    MODE_UNSPECIFIED: Comparison.Mode
    EXACT: Comparison.Mode
    TRIMMED: Comparison.Mode
    TOKENS: Comparison.Mode
    FLOAT: Comparison.Mode
    MODE_FIELD_NUMBER: _ClassVar[int]
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    mode: Comparison.Mode
    epsilon: float
    def __init__(self, mode: _Optional[_Union[Comparison.Mode, str]] = ..., epsilon: _Optional[float] = ...) -> None: ...

class Checker(_message.Message):
    __slots__ = ("language", "language_version", "files")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_VERSION_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    language: str
    language_version: str
    files: _containers.RepeatedCompositeFieldContainer[File]
    def __init__(self, language: _Optional[str] = ..., language_version: _Optional[str] = ..., files: _Optional[_Iterable[_Union[File, _Mapping]]] = ...) -> None: ...

class Callback(_message.Message):
    __slots__ = ("url", "headers", "events")
    class Event(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EVENT_UNSPECIFIED: _ClassVar[Callback.Event]
        FINISHED: _ClassVar[Callback.Event]
        RUNNING: _ClassVar[Callback.Event]
        CASE: _ClassVar[Callback.Event]
    EVENT_UNSPECIFIED: Callback.Event
    FINISHED: Callback.Event
    RUNNING: Callback.Event
    CASE: Callback.Event
    URL_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    url: str
    headers: str
    events: _containers.RepeatedScalarFieldContainer[Callback.Event]
    def __init__(self, url: _Optional[str] = ..., headers: _Optional[str] = ..., events: _Optional[_Iterable[_Union[Callback.Event, str]]] = ...) -> None: ...

class Execution(_message.Message):
    __slots__ = ("id", "status", "language", "language_version", "node_id", "attempt", "queued_ms", "labels", "compile", "run", "cases", "error", "warnings", "submitted_at_ms", "finished_at_ms", "diagnostics", "cached_at_ms", "not_kept", "files", "packages", "tests")
    class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATUS_UNSPECIFIED: _ClassVar[Execution.Status]
        QUEUED: _ClassVar[Execution.Status]
        RUNNING: _ClassVar[Execution.Status]
        SUCCEEDED: _ClassVar[Execution.Status]
        FAILED: _ClassVar[Execution.Status]
        COMPILE_ERROR: _ClassVar[Execution.Status]
        TIME_LIMIT: _ClassVar[Execution.Status]
        MEMORY_LIMIT: _ClassVar[Execution.Status]
        OUTPUT_LIMIT: _ClassVar[Execution.Status]
        CANCELLED: _ClassVar[Execution.Status]
        REJECTED: _ClassVar[Execution.Status]
        EXPIRED: _ClassVar[Execution.Status]
        INTERNAL_ERROR: _ClassVar[Execution.Status]
    STATUS_UNSPECIFIED: Execution.Status
    QUEUED: Execution.Status
    RUNNING: Execution.Status
    SUCCEEDED: Execution.Status
    FAILED: Execution.Status
    COMPILE_ERROR: Execution.Status
    TIME_LIMIT: Execution.Status
    MEMORY_LIMIT: Execution.Status
    OUTPUT_LIMIT: Execution.Status
    CANCELLED: Execution.Status
    REJECTED: Execution.Status
    EXPIRED: Execution.Status
    INTERNAL_ERROR: Execution.Status
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_VERSION_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    QUEUED_MS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    COMPILE_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    CASES_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    SUBMITTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    CACHED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    NOT_KEPT_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    PACKAGES_FIELD_NUMBER: _ClassVar[int]
    TESTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    status: Execution.Status
    language: str
    language_version: str
    node_id: str
    attempt: int
    queued_ms: float
    labels: _containers.ScalarMap[str, str]
    compile: Stage
    run: Stage
    cases: _containers.RepeatedCompositeFieldContainer[CaseResult]
    error: str
    warnings: _containers.RepeatedScalarFieldContainer[str]
    submitted_at_ms: int
    finished_at_ms: int
    diagnostics: _containers.RepeatedCompositeFieldContainer[Diagnostic]
    cached_at_ms: int
    not_kept: str
    files: _containers.RepeatedCompositeFieldContainer[OutputFile]
    packages: _containers.RepeatedScalarFieldContainer[str]
    tests: _containers.RepeatedCompositeFieldContainer[TestResult]
    def __init__(self, id: _Optional[str] = ..., status: _Optional[_Union[Execution.Status, str]] = ..., language: _Optional[str] = ..., language_version: _Optional[str] = ..., node_id: _Optional[str] = ..., attempt: _Optional[int] = ..., queued_ms: _Optional[float] = ..., labels: _Optional[_Mapping[str, str]] = ..., compile: _Optional[_Union[Stage, _Mapping]] = ..., run: _Optional[_Union[Stage, _Mapping]] = ..., cases: _Optional[_Iterable[_Union[CaseResult, _Mapping]]] = ..., error: _Optional[str] = ..., warnings: _Optional[_Iterable[str]] = ..., submitted_at_ms: _Optional[int] = ..., finished_at_ms: _Optional[int] = ..., diagnostics: _Optional[_Iterable[_Union[Diagnostic, _Mapping]]] = ..., cached_at_ms: _Optional[int] = ..., not_kept: _Optional[str] = ..., files: _Optional[_Iterable[_Union[OutputFile, _Mapping]]] = ..., packages: _Optional[_Iterable[str]] = ..., tests: _Optional[_Iterable[_Union[TestResult, _Mapping]]] = ...) -> None: ...

class TestResult(_message.Message):
    __slots__ = ("name", "suite", "status", "duration_ms", "message", "file", "line")
    class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATUS_UNSPECIFIED: _ClassVar[TestResult.Status]
        PASSED: _ClassVar[TestResult.Status]
        FAILED: _ClassVar[TestResult.Status]
        SKIPPED: _ClassVar[TestResult.Status]
        ERROR: _ClassVar[TestResult.Status]
    STATUS_UNSPECIFIED: TestResult.Status
    PASSED: TestResult.Status
    FAILED: TestResult.Status
    SKIPPED: TestResult.Status
    ERROR: TestResult.Status
    NAME_FIELD_NUMBER: _ClassVar[int]
    SUITE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    name: str
    suite: str
    status: TestResult.Status
    duration_ms: float
    message: str
    file: str
    line: int
    def __init__(self, name: _Optional[str] = ..., suite: _Optional[str] = ..., status: _Optional[_Union[TestResult.Status, str]] = ..., duration_ms: _Optional[float] = ..., message: _Optional[str] = ..., file: _Optional[str] = ..., line: _Optional[int] = ...) -> None: ...

class Diagnostic(_message.Message):
    __slots__ = ("stage", "file", "line", "column", "severity", "message", "code")
    class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SEVERITY_UNSPECIFIED: _ClassVar[Diagnostic.Severity]
        ERROR: _ClassVar[Diagnostic.Severity]
        WARNING: _ClassVar[Diagnostic.Severity]
        NOTE: _ClassVar[Diagnostic.Severity]
    SEVERITY_UNSPECIFIED: Diagnostic.Severity
    ERROR: Diagnostic.Severity
    WARNING: Diagnostic.Severity
    NOTE: Diagnostic.Severity
    STAGE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    stage: str
    file: str
    line: int
    column: int
    severity: Diagnostic.Severity
    message: str
    code: str
    def __init__(self, stage: _Optional[str] = ..., file: _Optional[str] = ..., line: _Optional[int] = ..., column: _Optional[int] = ..., severity: _Optional[_Union[Diagnostic.Severity, str]] = ..., message: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class OutputFile(_message.Message):
    __slots__ = ("name", "size", "media_type", "digest", "data", "place")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    name: str
    size: int
    media_type: str
    digest: str
    data: bytes
    place: str
    def __init__(self, name: _Optional[str] = ..., size: _Optional[int] = ..., media_type: _Optional[str] = ..., digest: _Optional[str] = ..., data: _Optional[bytes] = ..., place: _Optional[str] = ...) -> None: ...

class Stage(_message.Message):
    __slots__ = ("exit_code", "signal", "stdout", "stderr", "stdout_truncated", "stderr_truncated", "stdout_invalid_utf8", "stderr_invalid_utf8", "wall_ms", "cpu_ms", "peak_memory_bytes", "limits_hit", "stdout_data", "stderr_data")
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    STDOUT_FIELD_NUMBER: _ClassVar[int]
    STDERR_FIELD_NUMBER: _ClassVar[int]
    STDOUT_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    STDERR_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    STDOUT_INVALID_UTF8_FIELD_NUMBER: _ClassVar[int]
    STDERR_INVALID_UTF8_FIELD_NUMBER: _ClassVar[int]
    WALL_MS_FIELD_NUMBER: _ClassVar[int]
    CPU_MS_FIELD_NUMBER: _ClassVar[int]
    PEAK_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_HIT_FIELD_NUMBER: _ClassVar[int]
    STDOUT_DATA_FIELD_NUMBER: _ClassVar[int]
    STDERR_DATA_FIELD_NUMBER: _ClassVar[int]
    exit_code: int
    signal: int
    stdout: str
    stderr: str
    stdout_truncated: bool
    stderr_truncated: bool
    stdout_invalid_utf8: bool
    stderr_invalid_utf8: bool
    wall_ms: float
    cpu_ms: float
    peak_memory_bytes: int
    limits_hit: _containers.RepeatedScalarFieldContainer[str]
    stdout_data: bytes
    stderr_data: bytes
    def __init__(self, exit_code: _Optional[int] = ..., signal: _Optional[int] = ..., stdout: _Optional[str] = ..., stderr: _Optional[str] = ..., stdout_truncated: bool = ..., stderr_truncated: bool = ..., stdout_invalid_utf8: bool = ..., stderr_invalid_utf8: bool = ..., wall_ms: _Optional[float] = ..., cpu_ms: _Optional[float] = ..., peak_memory_bytes: _Optional[int] = ..., limits_hit: _Optional[_Iterable[str]] = ..., stdout_data: _Optional[bytes] = ..., stderr_data: _Optional[bytes] = ...) -> None: ...

class CaseResult(_message.Message):
    __slots__ = ("name", "verdict", "stage", "checker_output")
    class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        VERDICT_UNSPECIFIED: _ClassVar[CaseResult.Verdict]
        ACCEPTED: _ClassVar[CaseResult.Verdict]
        WRONG_ANSWER: _ClassVar[CaseResult.Verdict]
        RUNTIME_ERROR: _ClassVar[CaseResult.Verdict]
        TIME_LIMIT: _ClassVar[CaseResult.Verdict]
        MEMORY_LIMIT: _ClassVar[CaseResult.Verdict]
        OUTPUT_LIMIT: _ClassVar[CaseResult.Verdict]
        CHECKER_ERROR: _ClassVar[CaseResult.Verdict]
        SKIPPED: _ClassVar[CaseResult.Verdict]
    VERDICT_UNSPECIFIED: CaseResult.Verdict
    ACCEPTED: CaseResult.Verdict
    WRONG_ANSWER: CaseResult.Verdict
    RUNTIME_ERROR: CaseResult.Verdict
    TIME_LIMIT: CaseResult.Verdict
    MEMORY_LIMIT: CaseResult.Verdict
    OUTPUT_LIMIT: CaseResult.Verdict
    CHECKER_ERROR: CaseResult.Verdict
    SKIPPED: CaseResult.Verdict
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    CHECKER_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    verdict: CaseResult.Verdict
    stage: Stage
    checker_output: str
    def __init__(self, name: _Optional[str] = ..., verdict: _Optional[_Union[CaseResult.Verdict, str]] = ..., stage: _Optional[_Union[Stage, _Mapping]] = ..., checker_output: _Optional[str] = ...) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: Task
    def __init__(self, task: _Optional[_Union[Task, _Mapping]] = ...) -> None: ...

class SubmitAndWatchRequest(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: Task
    def __init__(self, task: _Optional[_Union[Task, _Mapping]] = ...) -> None: ...

class SubmitResponse(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class SubmitBatchRequest(_message.Message):
    __slots__ = ("tasks",)
    TASKS_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedCompositeFieldContainer[Task]
    def __init__(self, tasks: _Optional[_Iterable[_Union[Task, _Mapping]]] = ...) -> None: ...

class SubmitBatchResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[Submitted]
    def __init__(self, results: _Optional[_Iterable[_Union[Submitted, _Mapping]]] = ...) -> None: ...

class Submitted(_message.Message):
    __slots__ = ("id", "error")
    ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    id: str
    error: SubmitError
    def __init__(self, id: _Optional[str] = ..., error: _Optional[_Union[SubmitError, _Mapping]] = ...) -> None: ...

class SubmitError(_message.Message):
    __slots__ = ("code", "message", "violations", "retry_after_ms")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    VIOLATIONS_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    violations: _containers.RepeatedCompositeFieldContainer[FieldViolation]
    retry_after_ms: int
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., violations: _Optional[_Iterable[_Union[FieldViolation, _Mapping]]] = ..., retry_after_ms: _Optional[int] = ...) -> None: ...

class FieldViolation(_message.Message):
    __slots__ = ("field", "description")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    field: str
    description: str
    def __init__(self, field: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class ExecuteRequest(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: Task
    def __init__(self, task: _Optional[_Union[Task, _Mapping]] = ...) -> None: ...

class ExecuteResponse(_message.Message):
    __slots__ = ("execution",)
    EXECUTION_FIELD_NUMBER: _ClassVar[int]
    execution: Execution
    def __init__(self, execution: _Optional[_Union[Execution, _Mapping]] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("execution", "output", "waits")
    EXECUTION_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    WAITS_FIELD_NUMBER: _ClassVar[int]
    execution: Execution
    output: OutputChunk
    waits: Waits
    def __init__(self, execution: _Optional[_Union[Execution, _Mapping]] = ..., output: _Optional[_Union[OutputChunk, _Mapping]] = ..., waits: _Optional[_Union[Waits, _Mapping]] = ...) -> None: ...

class Waits(_message.Message):
    __slots__ = ("attempt",)
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    attempt: int
    def __init__(self, attempt: _Optional[int] = ...) -> None: ...

class InteractRequest(_message.Message):
    __slots__ = ("begin", "resume", "said")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    RESUME_FIELD_NUMBER: _ClassVar[int]
    SAID_FIELD_NUMBER: _ClassVar[int]
    begin: Task
    resume: str
    said: Said
    def __init__(self, begin: _Optional[_Union[Task, _Mapping]] = ..., resume: _Optional[str] = ..., said: _Optional[_Union[Said, _Mapping]] = ...) -> None: ...

class Said(_message.Message):
    __slots__ = ("number", "input", "close", "signal", "terminal")
    class Signal(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SIGNAL_UNSPECIFIED: _ClassVar[Said.Signal]
        HUP: _ClassVar[Said.Signal]
        INT: _ClassVar[Said.Signal]
        QUIT: _ClassVar[Said.Signal]
        USR1: _ClassVar[Said.Signal]
        USR2: _ClassVar[Said.Signal]
        TERM: _ClassVar[Said.Signal]
    SIGNAL_UNSPECIFIED: Said.Signal
    HUP: Said.Signal
    INT: Said.Signal
    QUIT: Said.Signal
    USR1: Said.Signal
    USR2: Said.Signal
    TERM: Said.Signal
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_FIELD_NUMBER: _ClassVar[int]
    number: int
    input: bytes
    close: bool
    signal: Said.Signal
    terminal: Terminal
    def __init__(self, number: _Optional[int] = ..., input: _Optional[bytes] = ..., close: bool = ..., signal: _Optional[_Union[Said.Signal, str]] = ..., terminal: _Optional[_Union[Terminal, _Mapping]] = ...) -> None: ...

class InteractResponse(_message.Message):
    __slots__ = ("execution", "output", "waits", "taken")
    EXECUTION_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    WAITS_FIELD_NUMBER: _ClassVar[int]
    TAKEN_FIELD_NUMBER: _ClassVar[int]
    execution: Execution
    output: OutputChunk
    waits: Waits
    taken: Taken
    def __init__(self, execution: _Optional[_Union[Execution, _Mapping]] = ..., output: _Optional[_Union[OutputChunk, _Mapping]] = ..., waits: _Optional[_Union[Waits, _Mapping]] = ..., taken: _Optional[_Union[Taken, _Mapping]] = ...) -> None: ...

class Taken(_message.Message):
    __slots__ = ("number", "attempt")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    number: int
    attempt: int
    def __init__(self, number: _Optional[int] = ..., attempt: _Optional[int] = ...) -> None: ...

class OutputChunk(_message.Message):
    __slots__ = ("stage", "stream", "offset", "text", "attempt", "at_ms")
    class Stream(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STREAM_UNSPECIFIED: _ClassVar[OutputChunk.Stream]
        STDOUT: _ClassVar[OutputChunk.Stream]
        STDERR: _ClassVar[OutputChunk.Stream]
    STREAM_UNSPECIFIED: OutputChunk.Stream
    STDOUT: OutputChunk.Stream
    STDERR: OutputChunk.Stream
    STAGE_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    stage: str
    stream: OutputChunk.Stream
    offset: int
    text: str
    attempt: int
    at_ms: float
    def __init__(self, stage: _Optional[str] = ..., stream: _Optional[_Union[OutputChunk.Stream, str]] = ..., offset: _Optional[int] = ..., text: _Optional[str] = ..., attempt: _Optional[int] = ..., at_ms: _Optional[float] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetResponse(_message.Message):
    __slots__ = ("execution",)
    EXECUTION_FIELD_NUMBER: _ClassVar[int]
    execution: Execution
    def __init__(self, execution: _Optional[_Union[Execution, _Mapping]] = ...) -> None: ...

class GetSourceRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetSourceResponse(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: Task
    def __init__(self, task: _Optional[_Union[Task, _Mapping]] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ("statuses", "language", "node_id", "labels", "page_size", "page_token", "client", "since_ms", "until_ms", "error", "with_total")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    WITH_TOTAL_FIELD_NUMBER: _ClassVar[int]
    statuses: _containers.RepeatedScalarFieldContainer[Execution.Status]
    language: str
    node_id: str
    labels: _containers.ScalarMap[str, str]
    page_size: int
    page_token: str
    client: str
    since_ms: int
    until_ms: int
    error: str
    with_total: bool
    def __init__(self, statuses: _Optional[_Iterable[_Union[Execution.Status, str]]] = ..., language: _Optional[str] = ..., node_id: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., client: _Optional[str] = ..., since_ms: _Optional[int] = ..., until_ms: _Optional[int] = ..., error: _Optional[str] = ..., with_total: bool = ...) -> None: ...

class ListResponse(_message.Message):
    __slots__ = ("executions", "next_page_token", "total")
    EXECUTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    executions: _containers.RepeatedCompositeFieldContainer[Execution]
    next_page_token: str
    total: int
    def __init__(self, executions: _Optional[_Iterable[_Union[Execution, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total: _Optional[int] = ...) -> None: ...

class CancelRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class CancelResponse(_message.Message):
    __slots__ = ("execution", "cancelled")
    EXECUTION_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    execution: Execution
    cancelled: bool
    def __init__(self, execution: _Optional[_Union[Execution, _Mapping]] = ..., cancelled: bool = ...) -> None: ...

class CallbackAttempt(_message.Message):
    __slots__ = ("number", "at_ms", "latency_ms", "answer", "error", "next_at_ms")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    NEXT_AT_MS_FIELD_NUMBER: _ClassVar[int]
    number: int
    at_ms: int
    latency_ms: float
    answer: str
    error: str
    next_at_ms: int
    def __init__(self, number: _Optional[int] = ..., at_ms: _Optional[int] = ..., latency_ms: _Optional[float] = ..., answer: _Optional[str] = ..., error: _Optional[str] = ..., next_at_ms: _Optional[int] = ...) -> None: ...

class CallbackRecord(_message.Message):
    __slots__ = ("id", "url", "client", "state", "attempts", "error", "at_ms", "tried")
    ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    TRIED_FIELD_NUMBER: _ClassVar[int]
    id: str
    url: str
    client: str
    state: str
    attempts: int
    error: str
    at_ms: int
    tried: _containers.RepeatedCompositeFieldContainer[CallbackAttempt]
    def __init__(self, id: _Optional[str] = ..., url: _Optional[str] = ..., client: _Optional[str] = ..., state: _Optional[str] = ..., attempts: _Optional[int] = ..., error: _Optional[str] = ..., at_ms: _Optional[int] = ..., tried: _Optional[_Iterable[_Union[CallbackAttempt, _Mapping]]] = ...) -> None: ...

class CallbackAttemptsRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class CallbackAttemptsResponse(_message.Message):
    __slots__ = ("record",)
    RECORD_FIELD_NUMBER: _ClassVar[int]
    record: CallbackRecord
    def __init__(self, record: _Optional[_Union[CallbackRecord, _Mapping]] = ...) -> None: ...
