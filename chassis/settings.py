"""A service's configuration: TOML file, then environment, then flags; later ones win.

What nobody knows is an error: a misspelt limit must not be a limit that is not there. An empty variable is one that is
not set.
"""

from __future__ import annotations

import argparse
import difflib
import os
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)


class ConfigurationError(Exception):
    """One sentence that says what is wrong and where."""


def split_list(value: object) -> object:
    """Lists may be written with commas in the environment and in flags."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _split_table(value: object) -> object:
    """``rack=3,zone=b`` in the environment and in flags."""
    parts = split_list(value)
    return dict(str(part).partition("=")[::2] for part in parts) if isinstance(parts, list) else value


Strings = Annotated[list[str], NoDecode, BeforeValidator(split_list)]
Secrets = Annotated[list[SecretStr], NoDecode, BeforeValidator(split_list)]
Table = Annotated[dict[str, str], NoDecode, BeforeValidator(_split_table)]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""May stand between two dots of a subject."""
Tokens = Annotated[list[Token], NoDecode, BeforeValidator(split_list), Field(min_length=1)]
Positive = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(gt=0)]
Address = Annotated[str, Field(pattern=r"^.+:\d{1,5}$")]
OptionalAddress = Annotated[str, Field(pattern=r"^(.+:\d{1,5})?$")]
"""Empty: none."""
Addresses = Annotated[list[Address], NoDecode, BeforeValidator(split_list), Field(min_length=1)]
LogFormat = Literal["json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]


class ServiceSettings(BaseSettings):
    """The base of a service's settings: each field has a default and a description, and its name ends in its unit."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    PROGRAM: ClassVar[str]
    """The command, such as ``coderunner-node``."""
    SUMMARY: ClassVar[str]
    """What ``--help`` says it does."""
    RENAMED: ClassVar[Mapping[str, str]] = {}
    """Old name to new one. Old names are taken as ever, and shown nowhere."""

    @classmethod
    def prefix(cls) -> str:
        """The prefix of its environment variables."""
        return str(cls.model_config["env_prefix"])

    @classmethod
    def load(cls, arguments: Sequence[str]) -> Self:
        """Reads flags, environment and file. Raises ConfigurationError; SystemExit for ``--help``."""
        flags = _flags(cls, arguments)
        path = flags.pop("config", None) or os.environ.get(f"{cls.prefix()}CONFIG")
        file = _file(path) if path else {}
        _refuse_unknown(cls, _variables(cls), "the environment", cls.prefix())
        _refuse_unknown(cls, file, str(path))
        old_variables = {
            name: os.environ[cls.prefix() + name.upper()] for name in _variables(cls) if name in cls.RENAMED
        }
        given = {
            "flags": _current(cls, flags, "the flags"),
            "variables": _current(cls, old_variables, "the environment", also=_variables(cls)),
            "file": _current(cls, file, str(path)),
        }
        try:
            return cls(**given)
        except ValidationError as error:
            raise ConfigurationError(_sentence(cls, error, given, str(path))) from None
        except SettingsError as error:  # a table that is no JSON; its value, which may be a secret, is not repeated
            raise ConfigurationError(str(error)) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """``load`` gives each source by its name; whatever else is given is taken as a flag is (tests)."""
        given = dict(init_settings.init_kwargs) if isinstance(init_settings, InitSettingsSource) else {}
        flags, variables, file = (given.pop(name, {}) for name in ("flags", "variables", "file"))
        return (
            InitSettingsSource(settings_cls, {**given, **flags}),
            env_settings,
            InitSettingsSource(settings_cls, variables),
            InitSettingsSource(settings_cls, file),
        )


def _variables(cls: type[ServiceSettings]) -> list[str]:
    """Names of the settings that the environment has a word on."""
    prefix = cls.prefix()
    names = [name.removeprefix(prefix) for name, value in os.environ.items() if name.startswith(prefix) and value]
    return [name.lower() for name in names if name != "CONFIG"]


def _current(
    cls: type[ServiceSettings], given: Mapping[str, Any], where: str, also: Collection[str] = ()
) -> dict[str, Any]:
    """``given`` under today's names. ``also``: what is set there under today's names already."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        today = cls.RENAMED.get(name, name)
        if today in found or (today != name and today in also):
            old = next(old for old, new in cls.RENAMED.items() if new == today)
            raise ConfigurationError(f"{where} has {today} twice: {old} is its old name")
        found[today] = value
    return found


def _file(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"the configuration file {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise ConfigurationError(f"command line: {message}")


def _flags(cls: type[ServiceSettings], arguments: Sequence[str]) -> dict[str, Any]:
    """One flag per setting that is one value or a list. None for secrets: every user of the machine can read a command
    line."""
    parser = _Parser(prog=cls.PROGRAM, description=cls.SUMMARY, allow_abbrev=False)
    variable = f"{cls.prefix()}CONFIG"
    parser.add_argument("--config", metavar="FILE", help=f"TOML file with any of these settings ({variable})")
    for name, field in cls.model_fields.items():
        if not is_secret(name) and _is_flat(field.annotation, field.get_default()):
            parser.add_argument(flag(name), metavar="VALUE", help=_help(field.description, field.get_default()))
    for old in cls.RENAMED:
        parser.add_argument(flag(old), help=argparse.SUPPRESS)
    known, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise ConfigurationError(_unknown_argument(cls, unknown[0]))
    return {name: value for name, value in vars(known).items() if value is not None}


def _unknown_argument(cls: type[ServiceSettings], argument: str) -> str:
    given = argument.partition("=")[0]
    if not given.startswith("--"):
        return f"command line: {given} belongs to no flag"
    flags = [flag(name) for name in ("config", *cls.model_fields) if not is_secret(name)]
    close = difflib.get_close_matches(given, flags, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"unknown flag {given} on the command line{hint}"


def is_secret(name: str) -> bool:
    """True for what must not be seen on a command line: passwords, secrets, tokens, by their names."""
    return name.endswith(("_password", "_secret", "_secrets")) or name == "tokens"


def flag(name: str) -> str:
    """The flag of a setting."""
    return "--" + name.replace("_", "-")


def _is_flat(annotation: object, default: object) -> bool:
    """Nested tables stand in the file; ``Table`` is written in one line."""
    return default != {} or annotation == dict[str, str]


def _help(description: str | None, default: object) -> str:
    shown = ",".join(map(str, default)) if isinstance(default, list | dict) else str(default)
    return f"{description} [{shown}]".replace("%", "%%")


def _refuse_unknown(cls: type[ServiceSettings], names: Iterable[str], where: str, prefix: str = "") -> None:
    known = list(cls.model_fields)

    def spelt(name: str) -> str:
        return prefix + name.upper() if prefix else name

    for name in names:
        if name not in known and name not in cls.RENAMED:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {spelt(close[0])}?" if close else ""
            raise ConfigurationError(f"unknown setting {spelt(name)} in {where}{hint}")


def _sentence(cls: type[ServiceSettings], error: ValidationError, given: Mapping[str, Any], path: str) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    origin = _origin(cls, str(first["loc"][0]), given, path) if first["loc"] else path
    return f"the setting {name} is wrong ({origin}): {first['msg'][:1].lower()}{first['msg'][1:]}"


def _origin(cls: type[ServiceSettings], name: str, given: Mapping[str, Any], path: str) -> str:
    if name in given["flags"]:
        return f"flag {flag(name)}"
    if name in given["variables"] or cls.prefix() + name.upper() in os.environ:
        return "environment"
    return path
