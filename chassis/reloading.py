"""What SIGHUP does to a service: it reads its settings again, and takes over the level of its log."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from chassis.connections import ConnectedSettings
from chassis.logs import AUDIT, LogLevel
from chassis.settings import ConfigurationError

_log = structlog.get_logger(__name__)


def level_reloader(level: LogLevel, load: Callable[[], ConnectedSettings]) -> Callable[[], None]:
    """The handler of the signal. ``load`` reads the settings as at the start; while they are wrong nothing changes."""

    def reload() -> None:
        try:
            settings = load()
        except ConfigurationError as error:
            _log.error("settings_not_read", error=str(error))
            return
        level.set(settings.log_level)
        _log.info("log_level_set", kind=AUDIT, to=settings.log_level)

    return reload
