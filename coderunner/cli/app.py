"""The command group; each command's module is loaded when it is used."""

from __future__ import annotations

import importlib

import click

from coderunner.cli.session import Address

_COMMANDS = {
    "run": ("coderunner.cli.run", "run"),
    "nodes": ("coderunner.cli.catalog", "nodes"),
    "languages": ("coderunner.cli.catalog", "languages"),
    "top": ("coderunner.cli.top", "top"),
    "tail": ("coderunner.cli.tail", "tail"),
    "tasks": ("coderunner.cli.tasks", "tasks"),
    "task": ("coderunner.cli.tasks", "task"),
    "cancel": ("coderunner.cli.tasks", "cancel"),
    "history": ("coderunner.cli.history", "history"),
    "callbacks": ("coderunner.cli.callbacks", "callbacks"),
    "audit": ("coderunner.cli.audit", "audit"),
    "keys": ("coderunner.cli.keys", "keys"),
    "blob": ("coderunner.cli.blob", "blob"),
    "cache": ("coderunner.cli.cache", "cache"),
    "dead": ("coderunner.cli.dead", "dead"),
    "node": ("coderunner.cli.node", "node"),
    "docs": ("coderunner.cli.docs.command", "docs"),
    "mcp": ("coderunner.cli.mcp.command", "mcp"),
    "bench": ("coderunner.cli.bench", "bench"),
    "doctor": ("coderunner.cli.doctor.command", "doctor"),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--gateway", metavar="HOST:PORT", help="Overrides CODERUNNER_GATEWAY (default 127.0.0.1:50051).")
@click.option("--token", metavar="TOKEN", help="Overrides CODERUNNER_TOKEN. Other users of the machine can see it.")
@click.version_option(package_name="coderunner", message="%(version)s")
@click.pass_context
def cli(ctx: click.Context, gateway: str | None, token: str | None) -> None:
    """Run snippets in warm, locked-down containers."""
    ctx.obj = Address(gateway, token)
