"""MariaDB, as Debian packages it."""

from __future__ import annotations

import pymysql

from dev import databases
from tests.servers.database import DATABASE, PASSWORD, USER, DatabaseServer, new_folder, run
from tests.servers.ports import free_port


class MariadbServer(DatabaseServer):
    """On a free port; its database ``history`` is empty at first."""

    def __init__(self) -> None:
        folder, port = new_folder("mariadb"), free_port()
        data, first = folder / "data", folder / "first.sql"
        first.write_text(
            f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO '{USER}'@'%';\n",
            encoding="ascii",
        )
        first.chmod(0o644)
        run(
            *(str(databases.mariadb_program("mariadb-install-db")), "--no-defaults", f"--datadir={data}"),
            *("--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"),
        )
        command = [
            *(str(databases.mariadb_program("mariadbd")), "--no-defaults", f"--datadir={data}", f"--port={port}"),
            *("--bind-address=127.0.0.1", f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"),
            *("--skip-name-resolve", f"--init-file={first}", "--innodb-flush-log-at-trx-commit=2"),
            *("--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M", "--performance-schema=off"),
        ]
        super().__init__("mariadb", "mariadb", command, folder, port)

    def is_ready(self) -> bool:
        self._execute("SELECT 1")
        return True

    def create_database(self, name: str = DATABASE) -> None:
        """Raises OSError where it is there already."""
        self._execute(f"CREATE DATABASE `{name}`")

    def _execute(self, statement: str) -> None:
        try:
            connection = pymysql.connect(
                host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, connect_timeout=2
            )
        except pymysql.MySQLError as error:
            raise ConnectionError(str(error)) from error
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        except pymysql.MySQLError as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()
