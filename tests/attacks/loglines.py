"""One event stays one line of the log, whatever stands in the texts that people send.

python -m tests.attacks.loglines
"""

import io
import json
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import structlog

from lettrage.adapters import logs
from tests.attacks.battery import command
from tests.attacks.json_texts import doors
from tests.journeys.helpers import header, pays, run_here
from tests.reliability.long_form import BrokenPromiseError

FORGED = '{"event": "settled", "transaction": "999"}'
TEXTS = (
    *(
        f"x{end}{FORGED}"
        for end in ("\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029", "\x1c", "\x1d", "\x1e")
    ),
    *(
        "\x1b[2J\x1b[H",
        "\x1b]0;title\x07",
        "\u202e\u2066gnitirw",
        "\x00",
        "\x08" * 20,
        '", "level": "debug',
        "%s %n",
        "{0}",
    ),
)


def _lines(written: str, name: str) -> int:
    """How many events there are; each is one line of JSON in printable ASCII or letters."""
    for line in written.split("\n"):
        if line and not line.isprintable():
            raise BrokenPromiseError(f"{name}: a line that a terminal would obey: {line[:100]!r}")
        try:
            event = json.loads(line) if line else {"event": ""}
        except ValueError:
            raise BrokenPromiseError(f"{name}: a line that is no event: {line[:100]!r}") from None
        if event["event"] == "settled" and event.get("transaction") == "999":
            raise BrokenPromiseError(f"{name}: a forged event")
    return sum(map(bool, written.split("\n")))


def battery(_chance: random.Random, _count: int) -> str:
    """Every text in every fact of an event, and through the doors that log what they did."""
    events = 0
    for text in TEXTS:
        out = io.StringIO()
        with mock.patch.object(sys, "stderr", out), mock.patch.dict("os.environ", LETTRAGE_LOG="debug"):
            logs.configure()
            for name in ("event", "caller", "dossier", "label"):
                logs.log(*(["x"] if name != "event" else [text]), **({name: text} if name != "event" else {}))
                logs.warn("trouble", seen=text, trace=[text], inner={"a": text})
        events += _lines(out.getvalue(), ascii(text))
        if out.getvalue().count("\n") != 8:
            raise BrokenPromiseError(f"{text!r}: {out.getvalue().count(chr(10))} lines for 8 events")
    with doors() as opened:
        firm = opened.firm
        for number, text in enumerate(TEXTS):
            sent = header("PORCHQ", "0.01", pays("1", "0.01", "WPA"), LIB=text, REGLEMENTNUM=str(number + 1))
            content = json.dumps({"EnteteReglementtb": [{"EnteteReglement": sent}]}).encode()
            where = ["--database", firm.address, "--dossier", "998", "--key", text.replace("\0", "0")]
            ran = run_here("settle", "-", *where, folder=firm.folder, stdin=content, env={"LETTRAGE_LOG": "debug"})
            events += _lines("\n".join(line for line in ran.err.split("\n") if line.startswith("{")), ascii(text))
    logs.configure("error")
    return f"{len(TEXTS)} texts, {events} events, each one line"


@contextmanager
def _f_string_log() -> Iterator[None]:
    def rendered(_logger: object, _method: str, event: dict[str, object]) -> str:
        return "{" + ", ".join(f'"{name}": "{value}"' for name, value in event.items()) + "}"

    with mock.patch.object(structlog.processors, "JSONRenderer", return_value=rendered):
        yield
    logs.configure("error")


BUGS = {"f_string_log": _f_string_log}


if __name__ == "__main__":
    sys.exit(command("F6", battery, count=1, bugs=BUGS))
