"""Commands about third parties: who owes what, and one third party's statement."""

from typing import Annotated

import typer

from lettrage.adapters.clock import SystemClock
from lettrage.commands.shared import app, context, day, plain
from lettrage.dates import day as day_of
from lettrage.refusal import Refusal, Stop, quoted


@app.command("third-parties")
def third_parties(
    everything: Annotated[bool, typer.Option("--all", help="With those who have nothing open")] = False,
) -> None:
    """What each third party has open. / Les tiers et ce qui leur reste ouvert."""
    with context.books() as books:
        found = books.third_parties(SystemClock().today(), books.company.currency, everything=everything)
    context.show(found, "third_parties")


@app.command()
def statement(
    code: Annotated[str, typer.Argument(help="Third party")],
    as_of: Annotated[str, typer.Option(help="What was open at the end of this day")] = "",
) -> None:
    """What is open of one third party, with totals. / Le relevé d'un tiers."""
    then = day_of(day(as_of, "--as-of"))
    with context.books() as books:
        found = books.statement(plain(code, "CODE"), SystemClock().today(), books.company.currency, then)
    if found is None:
        raise Stop(Refusal("unknown_third_party", "CODE", quoted(code)))
    context.show(found, "statement")
