"""Invoices and credit notes as documents: bring in, list, show, print. What Chorus Pro does with them hangs here."""

import typer

from lettrage.commands.shared import app

invoice = typer.Typer(no_args_is_help=True, help="Invoices and Chorus Pro. / Factures et Chorus Pro.")
app.add_typer(invoice, name="invoice")
