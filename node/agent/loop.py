"""The agent's event loop: take a run, see it through, report it, wipe, prove the slot clean, get the next process ready
(``docs/adr/0003-the-result-before-the-wipe.md``)."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import Any

from .children import watch_children
from .compile_server import Compilation, CompileServer
from .config import AgentConfig
from .disk import Disk
from .file_content import Part
from .frames import READY_MARK, FrameError, encode
from .identity import end_everything
from .last_words import LastWords
from .meter import find_meter
from .node_connection import NodeConnection
from .reserve import Reserve
from .residents import Residents
from .run import Run

PROTOCOL = 1


class Agent:
    """The agent of one slot, which obeys one node. Single-threaded; everything happens in ``serve``."""

    def __init__(self, config: AgentConfig) -> None:
        self._meter = find_meter(config.uid)
        self._disk = Disk(config.writable)
        is_counted = self._meter.limits_tasks_to(config.long_lived + config.limits.processes)
        self._config = config.counted() if is_counted else config
        self._outbox: list[Part] = []
        self._poll = select.poll()
        self._run: Run | Compilation | None = None
        self._runs = 0
        self._reserve = Reserve()
        self._reaped_orphans = False
        self._spent_s = 0.0
        """The agent's own processor time at the end of the last turn."""

    def serve(self) -> int:
        """Runs programs until stdin ends or SIGTERM comes. Returns the exit code."""
        self._wake = watch_children()
        self._poll.register(self._wake, select.POLLIN)
        self._connection = NodeConnection(self._poll)
        self._last_words = LastWords()
        self._residents = Residents(self._config, self._poll, self._connection)
        if self._residents.problems():
            return 1
        self._prepare()
        while True:
            events = self._poll.poll(self._poll_timeout_ms())
            for fd, _ in events:
                if not self._handle(fd):
                    return 0
            if not events:
                self._renew_what_waits()
            self._advance()
            self._flush()
            self._charge_for_orphans()

    def _charge_for_orphans(self) -> None:
        """A program leaves the agent as many orphans to reap as it likes: so the turn that reaped one is the run's."""
        before_s, self._spent_s = self._spent_s, time.process_time()
        if self._reaped_orphans and self._run is not None:
            self._run.account.charge((self._spent_s - before_s) * 1e3)
        self._reaped_orphans = False

    def _poll_timeout_ms(self) -> int | None:
        seconds = self._residents.renew_in_s() if self._run is None else self._run.next_check_s()
        return None if seconds is None else max(1, int(seconds * 1e3))

    def _handle(self, fd: int) -> bool:
        """Handles a descriptor that is ready. False when the agent is to end."""
        if self._connection.owns(fd):
            return self._read_frames(fd)
        if fd == self._wake:
            os.read(self._wake, 4096)
            self._reap()
        elif fd == self._last_words.fd:
            self._read_last_words()
        elif (server := self._residents.server) and fd in (server.stdout, server.stderr):
            self._read_server(server, fd)
        elif isinstance(self._run, Run):
            self._serve_program(self._run, fd)
        return True

    def _read_frames(self, fd: int) -> bool:
        try:
            for header, body in self._connection.read(fd):
                self._obey(header, body)
        except (EOFError, FrameError, KeyError, TypeError, ValueError):
            return False  # the end of stdin, or nonsense: the node replaces a dead slot
        return True

    def _obey(self, header: dict[str, Any], body: bytearray) -> None:
        kind = header["type"]
        if kind == "hello":
            self._hello(str(header["nonce"]), str(header.get("line", "")))
        elif kind == "run" and self._run is None:
            self._begin(header, body)
        elif kind == "kill":
            if self._run is not None and self._run.id == header["run_id"]:
                self._run.end("cancelled")
        elif kind in ("input", "signal", "resize"):
            if isinstance(self._run, Run) and self._run.id == header["run_id"]:
                self._talk(self._run, header, body)
        else:
            raise FrameError(kind)

    def _talk(self, run: Run, header: dict[str, Any], body: bytearray) -> None:
        before = {*run.writers()}
        run.talk(header, body)
        after = {*run.writers()}
        for fd in before - after:
            self._poll.unregister(fd)
        for fd in after - before:
            self._poll.register(fd, select.POLLOUT)

    def _hello(self, nonce: str, line: str) -> None:
        """Answers over stdout, also where an earlier node had a direct line; ``line``: the name of the next one."""
        if self._run is not None:
            self._abort(self._run)
        self._connection.close_direct_line()
        self._outbox.clear()
        self._outbox.append(READY_MARK + nonce.encode())
        self._emit({"type": "ready", "nonce": nonce, "protocol": PROTOCOL, "runs": self._runs})
        if line:
            self._connection.listen(line)

    def _begin(self, header: dict[str, Any], body: bytearray) -> None:
        self._runs += 1
        self._connection.stop_listening()
        if header["warm"]:
            self._residents.start_server()
        if self._residents.server is not None and header["warm"]:
            self._begin_compilation(self._residents.server, header, body)
            return
        run = Run(self._config, self._meter, self._disk, header, body, self._emit)
        waiting = self._residents.suitable(run, header)
        try:
            run.start(waiting, self._residents.pids())
        except OSError as error:
            if waiting is not None:
                self._residents.discard(waiting)
            self._give_up(run.id, f"the program could not be started: {error}")
            return
        self._run = run
        for fd in run.readers():
            self._poll.register(fd, select.POLLIN)
        for fd in run.writers():
            self._poll.register(fd, select.POLLOUT)

    def _begin_compilation(self, server: CompileServer, header: dict[str, Any], body: bytearray) -> None:
        run = Compilation(self._config, self._meter, self._disk, header, body, self._emit)
        try:
            run.start(server)
        except OSError as error:
            self._give_up(run.id, f"the resident compiler could not be asked: {error}")
            return
        self._run = run

    def _give_up(self, run_id: str, message: str) -> None:
        self._emit({"type": "failed", "run_id": run_id, "message": message})
        self._residents.restart_dead_server()
        self._clean_up(run_id, [])

    def _read_server(self, server: CompileServer, fd: int) -> None:
        if fd == server.stderr:
            server.discard_stderr()
            return
        try:
            answer = server.read_answer()
        except OSError:
            self._server_died()
            return
        if answer is not None and isinstance(self._run, Compilation):
            self._run.answered(answer)

    def _server_died(self) -> None:
        """Ends a compilation with its resident compiler. One that died unasked is started again only after the next
        compilation: one that cannot live must not use up a core."""
        self._residents.forget_server()
        if isinstance(self._run, Compilation):
            self._run.server_died()

    def _serve_program(self, run: Run, fd: int) -> None:
        if fd in run.writers():
            run.feed_stdin()
            if fd not in run.writers():
                self._poll.unregister(fd)
        elif fd in run.readers():
            run.read_output(fd)
            if fd not in run.readers():
                self._poll.unregister(fd)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._process_ended(pid, status)

    def _process_ended(self, pid: int, status: int) -> None:
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            self._reserve.give_up()  # it may have been the OOM killer, which finds nobody but us next time
        if isinstance(self._run, Run) and pid == self._run.pid:
            self._run.exited(status)
        elif not self._residents.ended(pid):
            self._reaped_orphans = True

    def _read_last_words(self) -> None:
        """Only the main process of a warm program has last words. After any others nobody is heard until the slot is
        clean: a flood costs one read."""
        words, run = self._last_words.read(), self._run
        if words is not None and isinstance(run, Run) and run.may_announce_exit and words[0] == run.pid:
            run.announced_exit(words[1])
        else:
            self._poll.unregister(self._last_words.fd)

    def _advance(self) -> None:
        run = self._run
        if run is None:
            return
        run.check()
        if run.is_over:
            self._forget_descriptors(run)
            problems = run.finish()
            self._run = None
            self._forget_killed_server(run)
            self._flush()
            self._residents.restart_dead_server()
            self._clean_up(run.id, problems)

    def _forget_descriptors(self, run: Run | Compilation) -> None:
        if isinstance(run, Run):
            for fd in (*run.readers(), *run.writers()):
                self._poll.unregister(fd)

    def _abort(self, run: Run | Compilation) -> None:
        """Ends a run when another node has taken the slot over, and the agent where the slot is not clean then."""
        run.end("cancelled")
        if isinstance(run, Run):
            self._forget_descriptors(run)
            end_everything(self._config.uid, self._residents.pids())
            run.exited(signal.SIGKILL)
            run.finish()
            self._outbox.clear()  # and with it the program's files, which nobody may inherit
        self._run = None
        self._forget_killed_server(run)
        if self._residents.problems():
            os._exit(1)
        self._prepare()

    def _forget_killed_server(self, run: Run | Compilation) -> None:
        """Forgets a resident compiler that was killed to end a compilation; its answer, if any, has no reader."""
        if isinstance(run, Compilation) and run.ending is not None:
            self._residents.forget_server()

    def _clean_up(self, run_id: str, problems: list[str]) -> None:
        problems = problems or self._residents.problems()
        self._emit({"type": "clean", "run_id": run_id, "ok": not problems, "problems": problems})
        self._flush()
        if not problems:
            self._prepare()

    def _prepare(self) -> None:
        self._reserve.take()
        self._last_words.discard()
        self._poll.register(self._last_words.fd, select.POLLIN)
        self._residents.prepare()
        self._meter.note_rest()

    def _renew_what_waits(self) -> None:
        seconds = self._residents.renew_in_s() if self._run is None else None
        if seconds is not None and seconds <= 0:
            self._residents.renew()

    def _emit(self, header: dict[str, Any], *body: Part) -> None:
        self._outbox += encode(header, *body)

    def _flush(self) -> None:
        parts, self._outbox = self._outbox, []
        self._connection.write(parts)
