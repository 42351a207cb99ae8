"""A connection that was idle for long is not used again: the other end may be about to close it as we ask."""

import time
from unittest import mock

from lettrage.adapters.calling import exchange
from lettrage.adapters.chorus.calls import Calls
from lettrage.simulator import server
from lettrage.simulator.server import Simulator
from tests.chorus.setting_up import settings_for


def test_a_connection_is_kept_for_a_while_and_not_for_longer() -> None:
    sound, made = server._Protocol.connection_made, []

    def noted(self: server._Protocol, transport: object) -> None:
        made.append(transport)
        sound(self, transport)  # type: ignore[arg-type]

    with (
        Simulator(seed=1) as simulator,
        mock.patch.object(server._Protocol, "connection_made", noted),
        mock.patch.object(exchange, "PLATFORM_KEPT_SECONDS", 0.5),
    ):
        calls = Calls(settings_for(simulator), sleep=lambda _seconds: None)
        calls.token()
        calls.token()
        soon = len(made)
        time.sleep(0.7)
        calls.token()
        calls.close()

    assert (soon, len(made)) == (1, 2)
