"""Writes docs/rejets.md from the catalogue: `python -m tests.invoicing.rejections_page`."""

from collections.abc import Iterator
from pathlib import Path

from lettrage.invoicing.explaining.explain import NEXT
from lettrage.invoicing.explaining.fields import FIELDS
from lettrage.invoicing.explaining.messages import Message, State, messages, states

PAGE = Path(__file__).parents[2] / "docs" / "rejets.md"
WHO = {
    "chorus": "Chorus Pro",
    "buyer": "l'acheteur",
    "supplier": "**vous**",
    "validator": "le valideur",
    "manager": "le maître d'œuvre",
    "authority": "le maître d'ouvrage",
    "nobody": "personne",
}
STEPS = {
    "resend": "corriger et renvoyer sous le même numéro",
    "redeposit": "renvoyer tel quel",
    "new_number": "avoir dans les livres, puis nouvelle facture sous un nouveau numéro",
    "complete": "compléter",
    "recycle": "recycler",
    "look_up": "rechercher : l'original suit son cours",
    "settle": "s'accorder avec l'acheteur, puis avoir ou facture rectificative",
    "settings": "corriger le paramétrage",
    "portal": "agir sur le portail",
    "wait": "attendre",
    "none": "rien",
}
_INTRODUCTION = """# Les rejets de Chorus Pro, expliqués

`lettrage invoice explain NUMERO` dit, pour chaque message de Chorus Pro : de quel champ il parle, la valeur envoyée, sa
place dans le fichier envoyé, la cause habituelle, et la suite à donner, en une commande. Un message qui n'est pas ici
est montré tel quel, avec ce que le fichier envoyé en contient.

Chorus Pro réunit plusieurs messages par `|` dans un texte sans accents qu'il coupe à 255 caractères : le dernier peut
être incomplet, et d'autres rester cachés. Ci-dessous `*` tient la place d'un chemin comme
`AccountingCustomerParty.AccountingContact.ID` ; les mots entre accolades sont remplis.

Cette page est écrite par `python -m tests.invoicing.rejections_page` depuis `messages.toml` et `states.toml`
(`src/lettrage/invoicing/explaining/`).
"""


def written() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, "## Messages\n"]
    parts += ["\n".join(_section(message)) + "\n" for message in messages().values()]
    parts += ["## États d'un flux\n", _table(states("flow"))]
    parts += ["## Statuts d'une facture\n", _table(states("invoice"))]
    return "\n".join(parts)


def _section(message: Message) -> Iterator[str]:
    yield f"### `{message.code}`"
    yield ""
    yield message.fr
    yield ""
    for says in message.says:
        yield f"- dit : `{says}`"
    if message.codes:
        yield f"- codes : {', '.join(f'`{code}`' for code in message.codes)}"
    if field := FIELDS.get(message.field):
        yield f"- champ : {field.fr} ({field.term}, `{field.ours}`)"
        yield f"- UBL : {', '.join(f'`{path}`' for path in field.ubl)}"
        yield f"- CII : {', '.join(f'`{path}`' for path in field.cii)}"
    elif message.term:
        yield f"- champ : {message.term}"
    yield f"- cause habituelle : {message.cause_fr}"
    yield f"- à faire : {message.fix_fr.replace('{command}', '').strip()}"
    command = NEXT[message.next].format(number="NUMERO")
    yield f"- suite : {STEPS[message.next]}" + (f" (`{command}`)" if command else "")
    if message.source:
        yield f"- source : {message.source}"


def _table(table: dict[str, State]) -> str:
    rows = ["| Code | En clair | English | Agit ensuite | Vous |", "|---|---|---|---|---|"]
    rows += [f"| `{code}` | {s.fr} | {s.en} | {WHO[s.who]} | {STEPS[s.next]} |" for code, s in table.items()]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
