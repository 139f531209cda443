"""The real agent as PID 1 of a real slot, with the test in the node's place on its line."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker

from node.agent.frames import READY_MARK, Decoder, encode
from node.domain.language import Language
from node.domain.sandbox import Role
from node.infrastructure.docker.agent_link.streams import STDOUT, Demultiplexer
from node.infrastructure.docker.engine.client import Engine
from node.infrastructure.docker.settings import DockerSettings
from node.infrastructure.docker.slot.agent_image import agent_files, build_agent_image
from node.infrastructure.docker.slot.container_spec import ContainerSpec
from node.infrastructure.docker.slot.template import SlotTemplate, usual_size
from node.infrastructure.languages import load_language

REPOSITORY = Path(__file__).parents[3]
SOCKET = "/var/run/docker.sock"
PREFIX = "coderunner-agent-test"
MIB = 1 << 20
LIMITS = {
    "cpu_ms": 120_000,
    "wall_ms": 180_000,
    "memory_bytes": 256 * MIB,
    "processes": 64,
    "output_bytes": 64 << 10,
    "disk_bytes": 64 * MIB,
    "open_files": 256,
    "file_bytes": 64 * MIB,
}
"""Time enough on a machine of any speed; a test whose subject is time asks for less."""
_PATIENCE_S = 240.0


class AgentGoneError(Exception):
    """The agent hung up: its container ended."""


@dataclass(frozen=True)
class Report:
    """One run, as the agent told it."""

    exited: dict[str, Any]
    stdout: bytes
    stderr: bytes
    artefacts: dict[str, bytes]
    clean: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.exited[name]


@dataclass
class AttachedAgent:
    """``close`` it."""

    api: docker.APIClient
    name: str
    config: Mapping[str, Any]
    """What the agent was told of its slot."""
    _line: socket.socket = field(init=False)
    _frames: Decoder = field(default_factory=Decoder)
    _chunks: Demultiplexer = field(default_factory=Demultiplexer)
    _read: list[tuple[dict[str, Any], bytes | bytearray]] = field(default_factory=list)
    said: str = ""
    """What it wrote to its standard error."""

    def attach(self) -> None:
        """A line of one's own; an earlier one is hung up."""
        self._line = socket.socket(socket.AF_UNIX)
        self._line.settimeout(_PATIENCE_S)
        self._line.connect(SOCKET)
        path = f"/containers/{self.name}/attach?stream=1&stdin=1&stdout=1&stderr=1"
        ask = f"POST {path} HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
        self._line.sendall(ask.encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._line.recv(1)
        assert b" 101 " in head, head
        self._frames, self._chunks, self._read = Decoder(), Demultiplexer(), []

    def hang_up(self) -> None:
        self._line.close()

    def hello(self, line: str = "") -> dict[str, Any]:
        """``line``: the name under which it is to listen for a direct line."""
        nonce = secrets.token_hex(16)
        self.send({"type": "hello", "nonce": nonce, "line": line})
        mark, seen = READY_MARK + nonce.encode(), b""
        while mark not in seen:
            seen += self._bytes()
        self._frames = Decoder()
        self._read = []
        self._decode(seen.partition(mark)[2])
        ready, _ = self.next()
        assert (ready["type"], ready["nonce"]) == ("ready", nonce)
        return ready

    def send(self, header: Mapping[str, Any], body: bytes = b"") -> None:
        self.send_raw(b"".join(encode(dict(header), body)))

    def send_raw(self, data: bytes) -> None:
        self._line.sendall(data)

    def next(self) -> tuple[dict[str, Any], bytes | bytearray]:
        while not self._read:
            self._decode(self._bytes())
        return self._read.pop(0)

    def start(
        self,
        files: Mapping[str, str | bytes],
        command: Sequence[str],
        *,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        warm: bool = True,
        collect: Sequence[str] = (),
        collect_bytes: int = 64 * MIB,
        collect_files: int = 2000,
        collect_name_bytes: int = 256 << 10,
        outputs: Sequence[str] = (),
        run_id: str = "r",
        executable: bool = False,
        interaction: Mapping[str, Any] | None = None,
        redirect_stderr: bool = False,
        links: Mapping[str, str] | None = None,
        **limits: int,
    ) -> None:
        contents = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
        header = {
            "type": "run",
            "run_id": run_id,
            "command": list(command),
            "env": dict(env or {}),
            "files": [
                {"name": name, "size": len(content), "executable": executable} for name, content in contents.items()
            ],
            "stdin_size": len(stdin),
            "limits": {**LIMITS, **limits},
            "collect": list(collect),
            "collect_bytes": collect_bytes,
            "collect_files": collect_files,
            "collect_name_bytes": collect_name_bytes,
            "outputs": list(outputs),
            "outputs_bytes": MIB,
            "outputs_files": 64,
            "warm": warm,
            "interaction": interaction,
            "redirect_stderr": redirect_stderr,
            "links": dict(links or {}),
        }
        self.send(header, b"".join(contents.values()) + stdin)

    def finish(self) -> Report:
        """Raises AgentGoneError."""
        output = {"stdout": b"", "stderr": b""}
        while True:
            header, body = self.next()
            if header["type"] == "output":
                output[header["stream"]] += body
            elif header["type"] in ("exited", "failed"):
                exited, contents = header, body
                break
        clean, _ = self.next()
        assert clean["type"] == "clean"
        artefacts, at = {}, 0
        for one in exited.get("artefacts", []):
            artefacts[one["name"]] = bytes(contents[at : at + one["size"]])
            at += one["size"]
        return Report(exited, output["stdout"], output["stderr"], artefacts, clean)

    def run(self, files: Mapping[str, str | bytes], command: Sequence[str], **options: Any) -> Report:
        self.start(files, command, **options)
        return self.finish()

    def python(self, source: str | bytes, *args: str, **options: Any) -> Report:
        return self.run({"main.py": source}, ["python3", "main.py", *args], **options)

    def inside(self, script: str) -> str:
        """What a shell script prints as root in the container, beside the agent: for looking only."""
        while True:  # a busy engine loses pieces of the output of a command that ends at once
            made = self.api.exec_create(self.name, ["sh", "-c", f"echo BEGIN; {script}; echo END"], user="0:0")
            said = self.api.exec_start(made["Id"]).decode()
            if said.startswith("BEGIN\n") and said.endswith("END\n"):
                return said[6:-4]

    def is_running(self) -> bool:
        return bool(self.api.inspect_container(self.name)["State"]["Running"])

    def close(self) -> None:
        self._line.close()
        self.api.remove_container(self.name, force=True)

    def _decode(self, data: bytes) -> None:
        self._read += [(header, bytes(body)) for header, body in self._frames.feed(data)]

    def _bytes(self) -> bytes:
        while True:
            data = self._line.recv(1 << 18)
            if not data:
                raise AgentGoneError(self.said)
            spoken = b""
            for stream, chunk in self._chunks.feed(data):
                if stream == STDOUT:
                    spoken += chunk
                else:
                    self.said += bytes(chunk).decode(errors="replace")
            if spoken:
                return spoken


def make_slot(api: docker.APIClient, language: str | Language, role: Role = Role.RUN, **changes: Any) -> AttachedAgent:
    """A started slot as the node makes it, whose agent has said that it is ready. ``language``: the name of its file,
    or one of a test's own. ``changes``: fields of the agent's configuration that are to be different."""
    settings = DockerSettings(node_id="agent-test", prefix=PREFIX)
    definition = (
        load_language(REPOSITORY / "sandbox" / "languages" / f"{language}.toml")
        if isinstance(language, str)
        else language
    )
    image = asyncio.run(_agent_image(definition, settings))
    spec = ContainerSpec(
        template=SlotTemplate(definition, role, image, usual_size(definition, role, settings)),
        uid=900_000 + secrets.randbelow(90_000),
        seccomp=json.dumps(json.loads(settings.seccomp_path.read_bytes())),
        settings=settings,
    )
    payload = spec.payload()
    config = {**spec.agent_config(), **changes}
    payload["Cmd"] = [json.dumps(config)]
    agent = AttachedAgent(api, spec.name, config)
    create: Any = api.create_container_from_config  # its stubs have no types
    create(payload, spec.name)
    with ExitStack() as undo:
        undo.callback(agent.close)
        agent.attach()
        api.start(spec.name)
        agent.hello()
        undo.pop_all()
    return agent


async def _agent_image(language: Language, settings: DockerSettings) -> str:
    engine = Engine(settings.socket)
    await engine.connect()
    try:
        image = await build_agent_image(
            engine, prefix=settings.prefix, language=language.name, image=language.image, agent=agent_files()
        )
        return image.id
    finally:
        await engine.close()
