"""What the pages of the simulator are made of."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from lettrage.simulator.faults import Fault

STYLE = Path(__file__).with_name("page.css").read_text("utf-8")
LEAPS = {"600": "+ 10 min", "3600": "+ 1 h", "86400": "+ 1 jour"}
TABS = {"/": "Chorus Pro", "/plateforme-agreee": "Plateforme agréée"}
_TONES = {
    "good": ("IN_INTEGRE", "MISE_EN_PAIEMENT", "COMPTABILISEE", "MANDATEE", "SERVICE_FAIT"),
    "bad": ("IN_REJETE", "REJETEE", "IN_INCIDENTE", "QP_IRRECEVABLE"),
    "warn": ("IN_INTEGRE_PARTIEL", "SUSPENDUE", "A_RECYCLER", "IN_EN_ATTENTE_RETRAITEMENT_CPP"),
}
_TONE = {code: tone for tone, codes in _TONES.items() for code in codes}


def document(title: str, body: str, tab: str = "") -> str:
    """A whole page; `tab`: the address of the tab that it belongs to."""
    here = {tab: " aria-current='page'"}
    tabs = "".join(f"<a href='{address}'{here.get(address, '')}>{name}</a>" for address, name in TABS.items())
    return (
        "<!DOCTYPE html><html lang='fr'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><header><div><h1>{escape(title)}</h1>"
        "<p>Une plateforme de qualification sur votre propre machine. Rien n'en sort ; ce n'est pas la vraie.</p>"
        f"<nav>{tabs}</nav></div></header><main>{body}</main></body></html>"
    )


def section(title: str, body: str) -> str:
    """A titled part of a page."""
    return f"<section><h2>{title}</h2>{body}</section>"


def form(deed: str, fields: str, page: str = "") -> str:
    """A form of the desk: what it does, its fields, and the page that it comes back to."""
    back = f"<input type='hidden' name='page' value='{page}'>" if page else ""
    return f"<form method='post' action='/'><input type='hidden' name='deed' value='{deed}'>{back}{fields}</form>"


def select(name: str, label: str, options: dict[str, str], *, hidden: bool = False) -> str:
    """A choice; `hidden`: its label is for screen readers."""
    told = f"<span class='hidden'>{label}</span>" if hidden else label
    choices = "".join(f"<option value='{escape(value)}'>{escape(text)}</option>" for value, text in options.items())
    return f"<label>{told}<select name='{name}'>{choices}</select></label>"


def badge(code: str, tone: str = "") -> str:
    """A code in the colour of what it means."""
    return f"<span class='badge {tone or _TONE.get(code, 'wait')}'>{escape(code).replace('_', '_<wbr>')}</span>"


def table(heads: Iterable[str], rows: Sequence[tuple[str, ...]]) -> str:
    """A table; a word where there are no rows."""
    if not rows:
        return "<p class='none'>Rien pour l'instant.</p>"
    head = "".join(f"<th scope='col'>{name}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class='wide' tabindex='0'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def clock(minute: str, speed: float, page: str = "") -> str:
    """What time it is, and how to let more of it pass."""
    leaps = "".join(f"<button name='seconds' value='{seconds}'>{name}</button>" for seconds, name in LEAPS.items())
    return (
        f"<p>Il est <strong>{minute}</strong> sur la plateforme ; le temps y passe {speed:g} fois comme ailleurs.</p>"
        + form("advance", leaps, page)
        + " "
        + form("reset", "<button class='plain'>Tout recommencer</button>", page)
    )


def faults(on: Iterable[tuple[int, Fault]], kinds: Iterable[str], paths: dict[str, str], page: str = "") -> str:
    """The faults that are on, each with a button to end it, and a form for another one."""
    rows = [
        (
            escape(fault.kind),
            escape(paths.get(fault.path, fault.path)),
            "jusqu'à l'arrêt" if fault.times is None else str(fault.times),
            form("fault_off", f"<button class='plain' name='fault' value='{number}'>Arrêter</button>", page),
        )
        for number, fault in on
    ]
    fields = (
        select("kind", "Panne", {kind: kind for kind in kinds})
        + select("path", "Frappe", paths)
        + "<label>Fois (vide : toujours)<input name='times' type='number' min='1' max='1000000' size='6'></label>"
        + "<button>Déclencher</button>"
    )
    return table(("Panne", "Frappe", "Fois", ""), rows) + "<p></p>" + form("fault", fields, page)
