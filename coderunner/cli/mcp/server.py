"""The server of the Model Context Protocol: its two tools, whatever the transport."""

from __future__ import annotations

import json
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from mcp import MCPError
from mcp.server.lowlevel import Server
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

from coderunner.cli.mcp import answers, words
from coderunner.cli.mcp.answers import LanguagesAnswer, RunAnswer
from coderunner.cli.mcp.arguments import RunArguments, asked_for
from coderunner.cli.mcp.bounds import TOKEN_CHARS, Bounds, few_words
from coderunner.cli.mcp.left_files import left_files
from coderunner.cli.mcp.live_output import LiveOutput
from coderunner.cli.mcp.runs import Runs
from coderunner.errors import CodeRunnerError
from coderunner.status import Status

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

    from coderunner.client import Client

_LABELS = {"from": "mcp"}
_TOOLS = [
    Tool(
        name="run_code",
        title="Run a program",
        description="Runs a program in a locked-down container without a network and returns what it printed, its exit "
        "code and what it took. Files that it writes into the folder out come back: PNG pictures and small texts are "
        "shown, the others named. Each run is a fresh one: nothing is kept from the one before.",
        input_schema=RunArguments.model_json_schema(),
        output_schema=RunAnswer.model_json_schema(),
        annotations=ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False),
    ),
    Tool(
        name="list_languages",
        title="List languages",
        description="The languages, and their versions, in which run_code runs programs now.",
        input_schema={"type": "object", "properties": {}, "additionalProperties": False},
        output_schema=LanguagesAnswer.model_json_schema(),
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
    ),
]


def server(client: Client, bounds: Bounds) -> Server[Any]:
    """A server whose tools go to the client's gateway."""
    tools = _Tools(client, bounds)
    return Server(
        "coderunner",
        version=_version(),
        instructions="Runs programs that you write, and says what they print.",
        lifespan=lambda _: tools.runs.settled(),
        on_list_tools=tools.list,
        on_call_tool=tools.call,
    )


class _Tools:
    def __init__(self, client: Client, bounds: Bounds) -> None:
        self._client = client
        self._bounds = bounds
        self.runs = Runs(client)

    async def list(self, context: ServerRequestContext[Any], params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=_TOOLS)

    async def call(self, context: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        """Raises MCPError for a tool that there is not."""
        if params.name == "run_code":
            return await self._run_code(context, params.arguments or {})
        if params.name == "list_languages":
            return await self._list_languages()
        raise MCPError(code=INVALID_PARAMS, message=few_words(f"there is no tool {params.name!r}"))

    async def _run_code(self, context: ServerRequestContext[Any], arguments: dict[str, Any]) -> CallToolResult:
        report = partial(_report, context)
        try:
            asked = asked_for(arguments)
            asked.options.update({"labels": _LABELS, "queue_deadline_ms": self._bounds.queue_deadline_ms})
            execution = await self.runs.run(asked, LiveOutput(report, self._bounds.output_chars))
        except CodeRunnerError as error:
            answer = answers.of_refusal(error)
            return _result(words.of_run(answer), answer, failed=True)
        answer = answers.of_execution(execution, self._bounds)
        answer.files, contents = left_files(execution, self._bounds)
        answer.files_left_out = len(execution.files) - len(answer.files)
        told = _result(words.of_run(answer), answer, failed=execution.status is not Status.SUCCEEDED)
        told.content += contents
        return told

    async def _list_languages(self) -> CallToolResult:
        try:
            answer = answers.of_languages(await self._client.languages())
        except CodeRunnerError as error:
            answer = LanguagesAnswer(error=few_words(str(error)))
        return _result(words.of_languages(answer), answer, failed=answer.error != "")


async def _report(context: ServerRequestContext[Any], progress: float, message: str) -> None:
    """Nothing where the caller has not asked for it."""
    token = (context.meta or {}).get("progress_token")
    if token is not None and len(str(token)) <= TOKEN_CHARS:
        await context.session.report_progress(progress, message=message)


def _result(text: str, answer: RunAnswer | LanguagesAnswer, *, failed: bool) -> CallToolResult:
    structured = json.loads(answer.model_dump_json())
    return CallToolResult(content=[TextContent(text=text)], structured_content=structured, is_error=failed)


def _version() -> str:
    try:
        return version("coderunner")
    except PackageNotFoundError:  # a checkout
        return ""
