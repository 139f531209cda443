"""PostgreSQL, as Debian packages it."""

from __future__ import annotations

import signal
import subprocess

import psutil

from dev import databases
from tests.servers.database import DATABASE, PASSWORD, USER, DatabaseServer, new_folder, run
from tests.servers.ports import free_port
from tests.servers.process import STOP_TIMEOUT_S


class PostgresServer(DatabaseServer):
    """On a free port; its database ``history`` is empty at first."""

    def __init__(self) -> None:
        folder, port = new_folder("postgres"), free_port()
        self._programs = databases.postgres_programs()
        data, password = folder / "data", folder / "password"
        password.write_text(PASSWORD, encoding="ascii")
        password.chmod(0o644)
        run(
            *(str(self._programs / "initdb"), "--pgdata", str(data), "--username", USER, "--pwfile", str(password)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync", "--no-instructions"),
        )
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "64MB",
            "max_connections": 50,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(data), *options]
        super().__init__("postgres", "postgresql", command, folder, port)

    def is_ready(self) -> bool:
        asked = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False, stdin=subprocess.DEVNULL).returncode == 0

    def create_database(self, name: str = DATABASE) -> None:
        """Raises RuntimeError where it is there already."""
        run("env", f"PGPASSWORD={PASSWORD}", str(self._programs / "createdb"), *self._address(), name)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> int | None:
        """At once: by itself it waits until every client has gone."""
        if self.running and self._process is not None:
            self.resume()
            self._process.send_signal(signal.SIGINT)
        return super().stop(timeout_s)

    def kill(self) -> int | None:
        """And waits for its children, which end by themselves once it is gone: as long as one of them has the shared
        memory no server starts on these files."""
        children = psutil.Process(self.pid).children() if self.running else []
        code = super().kill()
        psutil.wait_procs(children, timeout=STOP_TIMEOUT_S)
        return code

    def _address(self) -> tuple[str, ...]:
        return ("--host", "127.0.0.1", "--port", str(self.port), "--username", USER)
