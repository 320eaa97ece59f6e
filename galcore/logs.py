"""Logs of a server: one JSON object a line, without anything that tells who did what.

``GALCORE_LOGS=json`` turns them on; without it logs stay as they are, for the person at the terminal. A line
has the message as the programmer wrote it, never what was filled into it (names, ids, file names), and of an
error its kind and place, never its text. Addresses, e-mail addresses and what follows a ``?`` are taken out.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime

from galcore.settings import Settings

FIELDS = ("event", "milliseconds", "count", "status")  # what a caller may add with extra={...}
_SERVERS = ("streamlit", "uvicorn")
_REQUESTS = "uvicorn.access"  # who asked for what: an address in every line
_SCRUBS = (
    (re.compile(r"\?[^\s\"']+"), "?…"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "[mail]"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "[address]"),
    (re.compile(r"(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}|[0-9a-fA-F:]*::[0-9a-fA-F:]+"), "[address]"),
)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, see the module."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of one record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(str(record.msg)),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["at"] = [f"{frame.name}:{frame.lineno}" for frame in frames[-5:]]
        return json.dumps(line, ensure_ascii=False)


def scrub(text: str) -> str:
    """Text without network addresses, e-mail addresses and the queries of web addresses.

    >>> scrub("GET /?join=s3cret from 10.0.0.7 by vera@sky.org")
    'GET /?… from [address] by [mail]'
    """
    for pattern, instead in _SCRUBS:
        text = pattern.sub(instead, text)
    return text


def configure_logs(settings: Settings | None = None) -> None:
    """Let every logger of the server write JSON, if the setting says so. Call it once, at the start.

    Streamlit gives each of its loggers a handler of its own, and again whenever its configuration is read. So
    theirs are caught before any handler: by a filter that writes the line and lets nothing through.
    """
    settings = settings or Settings.from_environment()
    if settings.logs != "json":
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())

    def write_line(record: logging.LogRecord) -> bool:
        if record.name != _REQUESTS:
            handler.handle(record)
        return False

    class ServerLogger(logging.Logger):
        def __init__(self, name: str, level: int = logging.NOTSET) -> None:
            super().__init__(name, level)
            if name.split(".")[0] in _SERVERS:
                self.addFilter(write_line)

    logging.setLoggerClass(ServerLogger)
    for name in (*logging.root.manager.loggerDict, *_SERVERS, _REQUESTS):
        if name.split(".")[0] in _SERVERS and not logging.getLogger(name).filters:
            logging.getLogger(name).addFilter(write_line)
    logging.root.handlers = [handler]
    logging.getLogger("galcore").setLevel(logging.INFO)
