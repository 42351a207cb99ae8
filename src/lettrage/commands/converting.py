"""From one syntax to another: any invoice file read and written again, without a dossier."""

from typing import Annotated

import typer

from lettrage import terminal
from lettrage.commands.checking import ROUTES, known
from lettrage.commands.invoices import invoice
from lettrage.commands.rendering import rendered
from lettrage.commands.shared import context, plain, read_file, write_file
from lettrage.invoicing.formats.read import read
from lettrage.limits import INVOICE_FILE

_SYNTAXES = ("ubl", "cii", "facturx")


@invoice.command()
def convert(
    file: Annotated[str, typer.Argument(metavar="FILE", help="UBL, CII or Factur-X; - for stdin")],
    to: Annotated[str, typer.Option(help="ubl, cii or facturx; default: as it is")] = "",
    route: Annotated[str, typer.Option(help="chorus or platform: whose conventions it is written in")] = "platform",
    out: Annotated[str, typer.Option(help="File; default: stdout")] = "-",
) -> None:
    """Read an invoice file and write it in another syntax. / Convertir une facture d'une syntaxe à une autre.

    What the file says and no term of ours holds is told on stderr (exit 1). Nothing is written of one that cannot be
    read whole (exit 2).
    """
    known(("", *_SYNTAXES), to, "--to")
    known(ROUTES, route, "--route")
    found = read(read_file(file, INVOICE_FILE))
    terminal.tell(*(line for one in found.findings for line in terminal.finding(one.shape, context.lang)))
    if found.invoice is None:
        raise typer.Exit(2)
    data = rendered(found.invoice, to or found.syntax or "ubl", ROUTES[route] or "platform")
    write_file(data, plain(out, "--out"))
    raise typer.Exit(1 if found.findings else 0)
