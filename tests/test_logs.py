"""Logs of a server: JSON, and nothing that tells who did what."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from galcore.logs import JsonFormatter, scrub


def _line(message: str, *arguments: object, **extra: object) -> dict[str, object]:
    record = logging.getLogger("galcore.test").makeRecord(
        "galcore.test", logging.INFO, __file__, 1, message, arguments, None, extra=extra
    )
    return json.loads(JsonFormatter().format(record))


def test_a_line_has_the_event_and_its_numbers() -> None:
    line = _line("grid stored", event="submit", milliseconds=12.5, user="Vera")
    assert (line["event"], line["milliseconds"], line["level"]) == ("submit", 12.5, "info")
    assert "Vera" not in json.dumps(line)


def test_what_is_filled_into_a_message_is_left_out() -> None:
    assert _line("%s joined %s", "Vera", "secret-campaign")["message"] == "%s joined %s"


def test_an_error_is_told_by_kind_and_place_and_not_by_its_text() -> None:
    try:
        raise ValueError("Vera said /home/vera/galaxies.fits")
    except ValueError:
        record = logging.LogRecord("g", logging.ERROR, __file__, 1, "it failed", (), sys.exc_info())
    text = JsonFormatter().format(record)
    assert json.loads(text)["error"] == "ValueError"
    assert "Vera" not in text
    assert "/home" not in text


@pytest.mark.parametrize(
    "text", ["from 10.1.2.3:55", "from 2001:db8::8a2e:370:7334", "by a.b@c.org", "GET /?join=k3y HTTP/1.1"]
)
def test_addresses_and_queries_are_taken_out(text: str) -> None:
    scrubbed = scrub(text)
    for secret in ("10.1.2.3", "2001:db8", "370:7334", "a.b@c.org", "k3y"):
        assert secret not in scrubbed


def test_times_and_versions_stay() -> None:
    assert scrub("at 12:30 with version 1.67") == "at 12:30 with version 1.67"


def test_one_setting_turns_json_on_for_every_logger_also_those_with_handlers_of_their_own() -> None:
    code = """
import logging
for name in ("streamlit.early", "uvicorn.access"):
    logging.getLogger(name).addHandler(logging.StreamHandler())
from galcore.logs import configure_logs
configure_logs()
logging.getLogger("streamlit.late").addHandler(logging.StreamHandler())
for name in ("uvicorn.access", "streamlit.early", "streamlit.late", "galcore.x"):
    logging.getLogger(name).propagate = name == "galcore.x"
    logging.getLogger(name).warning("hello %s", "Vera")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={"GALCORE_LOGS": "json"}, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["logger"] for line in lines] == ["streamlit.early", "streamlit.late", "galcore.x"]
    assert "Vera" not in done.stderr
