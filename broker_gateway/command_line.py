"""The command ``coderunner-gateway``: ``nats-conf`` prints the bus's configuration, ``etcd-users`` makes the
directory's users, ``certificates`` makes those of servers, ``migrate`` brings the history's database up to date, all
else runs the gateway."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def main() -> int:
    """Returns what to exit with; the gateway itself reads its own flags and may exit at once."""
    command = _COMMANDS.get(sys.argv[1]) if len(sys.argv) > 1 else None
    if command is not None:
        return command(sys.argv[2:])
    from broker_gateway.main import main as run_gateway  # noqa: PLC0415 - not needed to print a file

    run_gateway()
    return 0


def nats_conf() -> Path:
    """The file ``nats.conf``: in this package where a wheel was installed, at the repository's root in a checkout."""
    installed = _PACKAGE / "nats.conf"
    return installed if installed.exists() else _PACKAGE.parent / "nats.conf"


def _print_nats_conf(arguments: Sequence[str]) -> int:
    from broker_gateway.nats_conf import nodes_of, password_variable, with_nodes  # noqa: PLC0415 - not for all
    from broker_gateway.nats_joins import account_file, with_joins  # noqa: PLC0415 - the same
    from broker_gateway.nats_keys import public_keys, with_public_keys  # noqa: PLC0415 - the same

    parser = argparse.ArgumentParser("coderunner-gateway nats-conf", description="Prints the bus's configuration.")
    parser.add_argument(
        "--node", action="append", default=[], metavar="NAME=POOL,POOL", help="a user for this node; may be repeated"
    )
    parser.add_argument(
        "--nkeys",
        metavar="DIRECTORY",
        help="keys in place of the passwords of gateway and nodes: NAME.nk there has the seed, and is made where it is "
        "not, or NAME.pub the public key of a seed that is elsewhere",
    )
    parser.add_argument(
        "--joins",
        metavar="DIRECTORY",
        help="nodes may join by tokens: account.nk there has the seed of the key that lets them in, and is made where "
        "it is not; the gateways' nats_account_nkey",
    )
    given = parser.parse_args(arguments)
    text, told = nats_conf().read_text(encoding="utf-8"), list[str]()
    try:
        nodes = nodes_of(given.node)
        if nodes:
            text = with_nodes(text, nodes)
            told = [f"passwords are taken from {', '.join(map(password_variable, nodes))}"]
        if given.nkeys:
            users = ("gateway", *(nodes or ("node",)))
            text = with_public_keys(text, public_keys(Path(given.nkeys), users))
            told = [f"{given.nkeys} has the keys of {', '.join(users)}"]
        if given.joins:
            text = with_joins(text, Path(given.joins))
            told.append(f"{account_file(Path(given.joins))} is for gateways alone")
    except (OSError, ValueError) as error:
        return _complain(str(error))
    if told:
        sys.stderr.write(f"coderunner-gateway: {'; '.join(told)}\n")
    sys.stdout.write(text)
    return 0


def _make_etcd_users(arguments: Sequence[str]) -> int:
    from broker_gateway.nats_conf import nodes_of  # noqa: PLC0415 - not for all
    from chassis.certificates import ServerTrust  # noqa: PLC0415 - the same
    from chassis.etcd_users import EtcdRefusedError, EtcdUsers, password_variable  # noqa: PLC0415 - the same
    from schemas.names import NODES_PREFIX  # noqa: PLC0415 - the same

    parser = argparse.ArgumentParser(
        "coderunner-gateway etcd-users", description="Has etcd ask for passwords, and makes its users. May be repeated."
    )
    parser.add_argument("--endpoint", default="127.0.0.1:2379", metavar="HOST:PORT")
    parser.add_argument("--node", action="append", default=[], metavar="NAME", help="a node's id; may be repeated")
    parser.add_argument("--tls-authorities", default="", metavar="FILE", help="PEM: whose certificates etcd shows")
    parser.add_argument("--tls-certificate", default="", metavar="FILE", help="PEM: what is shown to it, without a CN")
    parser.add_argument("--tls-key", default="", metavar="FILE", help="PEM: its key")
    given = parser.parse_args(arguments)
    try:
        passwords = {user: os.environ[password_variable(user)] for user in ("root", "gateway")}
        nodes = {name: (name, os.environ[password_variable(name)]) for name in nodes_of(given.node)}
        trust = ServerTrust(given.tls_authorities, given.tls_certificate, given.tls_key)
        context = trust.context() if given.tls_authorities else None
        users = EtcdUsers(given.endpoint, passwords["root"], context)
        users.set_up(prefix=NODES_PREFIX, gateway=("gateway", passwords["gateway"]), nodes=nodes)
    except KeyError as error:
        return _complain(f"{error.args[0]} is not set")
    except (EtcdRefusedError, OSError, ValueError) as error:
        return _complain(str(error))
    sys.stderr.write(f"coderunner-gateway: etcd knows gateway{''.join(f', {name}' for name in nodes)}\n")
    return 0


def _make_certificates(arguments: Sequence[str]) -> int:
    from broker_gateway.certificates import AUTHORITY, certificate_file, make_certificates  # noqa: PLC0415 - the same

    parser = argparse.ArgumentParser(
        "coderunner-gateway certificates",
        description="Makes an authority and certificates of it for servers, and those again that soon end. "
        "May be repeated.",
    )
    parser.add_argument("--directory", required=True, metavar="DIRECTORY", help="where they are, or will be")
    parser.add_argument(
        "names", nargs="+", metavar="NAME=HOST,HOST", help="NAME.pem and NAME-key.pem, for these names and addresses"
    )
    given = parser.parse_args(arguments)
    folder = Path(given.directory)
    hosts = {name: said.split(",") for name, _, said in (one.partition("=") for one in given.names)}
    try:
        made = make_certificates(folder, hosts)
    except (OSError, ValueError) as error:
        return _complain(str(error))
    trusted = certificate_file(folder, AUTHORITY)
    sys.stderr.write(f"coderunner-gateway: made {', '.join(made) or 'none anew'}; who trusts {trusted} trusts them\n")
    return 0


def _migrate(arguments: Sequence[str]) -> int:
    """Takes the gateway's own settings and flags; only ``history_url`` matters."""
    from broker_gateway.application.history_ports import HistoryUnavailableError  # noqa: PLC0415 - not for all
    from broker_gateway.infrastructure.history.migration import migrate  # noqa: PLC0415 - the same
    from broker_gateway.infrastructure.settings import GatewaySettings  # noqa: PLC0415 - the same
    from chassis.settings import ConfigurationError  # noqa: PLC0415 - the same

    try:
        url = GatewaySettings.load(list(arguments)).history_url.get_secret_value()
        if not url:
            return _complain("history_url is not set: there is no database to migrate")
        asyncio.run(migrate(url))
    except (ConfigurationError, ValueError) as error:
        return _complain(str(error))
    except HistoryUnavailableError as error:
        return _complain(str(error), code=1)
    sys.stderr.write("coderunner-gateway: the history's database is up to date\n")
    return 0


def _complain(words: str, code: int = 2) -> int:
    sys.stderr.write(f"coderunner-gateway: {words}\n")
    return code


_COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "nats-conf": _print_nats_conf,
    "etcd-users": _make_etcd_users,
    "certificates": _make_certificates,
    "migrate": _migrate,
}

if __name__ == "__main__":
    sys.exit(main())
