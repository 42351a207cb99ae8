"""Structured logs on standard error, one event a line, with secrets removed at the edge."""

import logging
import os
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import structlog

from lettrage.refusal import Refusal, Stop, quoted

_SECRET = ("token", "secret", "password", "iban", "authorization", "key")


def configure(default: str = "warning") -> None:
    """Log at the level of LETTRAGE_LOG, else at this one, as JSON."""
    named = os.environ.get("LETTRAGE_LOG") or default
    level = logging.getLevelNamesMapping().get(named.upper())
    if level is None:
        raise Stop(Refusal("malformed_option", "LETTRAGE_LOG", quoted(named), "debug, info, warning, error"))
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_secrets,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def log(event: str, **facts: object) -> None:
    """One event with its facts, at the level of information; never on standard output, never in the way."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):  # ValueError: it was closed
            structlog.get_logger().info(event, **facts)


def warn(event: str, **facts: object) -> None:
    """One event that somebody should look at; never in the way."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):  # ValueError: it was closed
            structlog.get_logger().warning(event, **facts)


def _without_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in filter(_is_secret, event):
        event[name] = "***"
    return event


@lru_cache(maxsize=1_024)
def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)
