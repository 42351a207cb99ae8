"""Chorus Pro: the simulator of the platform, and whether the connection to it holds."""

from typing import TYPE_CHECKING, Annotated

import typer

from lettrage import terminal
from lettrage.commands.shared import Host, Port, app, context, print_json
from lettrage.refusal import Refusal, Stop

if TYPE_CHECKING:
    from lettrage.simulator.server import Simulator

chorus = typer.Typer(no_args_is_help=True, help="Connection to Chorus Pro. / Connexion à Chorus Pro.")
app.add_typer(chorus, name="chorus")


@chorus.command()
def simulator(
    host: Host = "127.0.0.1",
    port: Port = 0,
    speed: Annotated[float, typer.Option(min=0, max=1e6, help="How many times faster its delays pass")] = 1,
) -> None:
    """PISTE and Chorus Pro on this machine, until Ctrl-C. / PISTE et Chorus Pro sur ce poste, jusqu'à Ctrl-C.

    The first line says what a client is set up with. Its page is at its address; faults are switched at /simulator.
    """
    # Only serving needs it, and it is slow to import.
    from lettrage.simulator.server import serve  # noqa: PLC0415

    try:
        serve(host, port, speed, _tell)
    except OSError as error:
        raise Stop(Refusal("address_taken", "--port", f"{host}:{port}", str(error.strerror))) from None


def _tell(started: "Simulator") -> None:
    if context.json:
        print_json(started.connection)
    else:
        terminal.say("\n".join(f"{name}: {value}" for name, value in started.connection.items()))
