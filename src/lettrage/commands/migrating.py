"""Making a database ready before anything is served from it: its tables, and on a cluster where they lie."""

from typing import Any

from lettrage import terminal
from lettrage.adapters.store.engine import prepare
from lettrage.commands.shared import app, context, print_json


@app.command()
def migrate() -> None:
    """Make or upgrade the database; on a Citus cluster, spread its tables. / Préparer ou mettre à jour la base."""
    done = prepare(context.database)
    shape: dict[str, Any] = {"before": done.before, "now": done.now, "spread": done.spread}
    if context.json:
        print_json(shape)
        return
    terminal.say(f"{done.before or '-'} → {done.now}")
    if done.spread:
        words = ("{} tables réparties : {}", "{} tables spread: {}")
        terminal.say(terminal.said(words, context.lang).format(len(done.spread), ", ".join(done.spread)))
