"""The correction itself, where the explanation stands: the fields at fault with the good values that are known."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from lettrage.adapters.http.pages.asked import Form
from lettrage.adapters.http.pages.invoice_case import Case, Directory
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.rejection import Fault, key_of
from lettrage.adapters.http.pages.words import by_door
from lettrage.company.customer import CHORUS_FRAMES
from lettrage.invoicing.billing.amend import MENDINGS
from lettrage.invoicing.doors import door_of

Words = Callable[..., str]
OTHER = "autre"  # the choice of a service that the directory does not have
Named = Mapping[str, str]

_NAMES: Named = {key_of(field): field for field in MENDINGS}
_FRAMES = CHORUS_FRAMES[:2]  # what a supplier's own invoices have: to be paid, paid already


class Input(msgspec.Struct, frozen=True):
    """A field of the form. `name` is its id too; `choices`: [(value, word)] where one of several is chosen."""

    name: str
    kind: Literal["service", "text", "choice"]
    label: str
    value: str
    characters: int
    hint: str = ""
    choices: Sequence[tuple[str, str]] = ()
    other: str = ""  # what was typed instead of one of the services


def inputs(
    page: Page, case: Case, blocks: Sequence[Fault], directory: Directory, typed: Named
) -> Mapping[int, Sequence[Input]]:
    """What may be mended, each field under the first fault that is about it; 0 for those that no fault names.

    What was typed stays in the form although a check has nothing against it any more: it is what will be sent.
    """
    placed: dict[int, list[Input]] = {}
    met: set[str] = set()
    wanted = [(block.number, field) for block in blocks for field in block.fields if field != "number"]
    if case.step == "new_number":  # it is made anew: whatever the customer had against it may be mended with it
        wanted += [(0, "number"), (0, "service"), (0, "engagement")]
    if any(field == "service" for _, field in wanted) and _engagement_demanded(case, directory):
        wanted.append((next(number for number, field in wanted if field == "service"), "engagement"))
    wanted += [(0, _NAMES[name]) for name in typed if name in _NAMES and name != "number"]
    for number, field in wanted:
        if field not in met:
            met.add(field)
            placed.setdefault(number, []).append(_input(page, case, field, directory, typed))
    return placed


def services(page: Page, case: Case, directory: Directory, typed: Named) -> dict[str, Any]:
    """The choice of a service alone, as a part of the page that is already there, and what that demands with it."""
    lacks_engagement = "engagement" not in page.form.names() and _engagement_demanded(case, directory)
    fields = ["service"] + ["engagement"] * lacks_engagement
    return {"inputs": [_input(page, case, field, directory, typed) for field in fields], "directory": directory}


def _engagement_demanded(case: Case, directory: Directory) -> bool:
    """Whether one of the services, or the structure, wants a commitment number that the invoice has not."""
    structure = directory.structure
    demanded = structure is not None and structure.engagement_required
    return not case.content.engagement and (demanded or any(one.engagement_required for one in directory.services))


def _input(page: Page, case: Case, field: str, directory: Directory, typed: Named) -> Input:
    name, mending = key_of(field), MENDINGS[field]
    label = page.t(f"rejection.field_{name}")
    now = mending.said(case.content)
    value = typed.get(name, "" if field == "number" else now)
    if field == "service" and directory.services:
        first = next((one.code for one in directory.services if one.first), "")
        chosen = typed.get(name, now if case.step == "new_number" and now else first)
        return Input(name, "service", page.t("rejection.choose_service"), chosen, mending.characters,
                     other=typed.get("service_autre", ""))  # fmt: skip
    if field == "frame":
        choices = [(code, page.t(f"rejection.frame_{code}")) for code in _FRAMES]
        return Input(name, "choice", label, value if value in _FRAMES else _FRAMES[0], 3, choices=choices)
    hint = page.t(f"rejection.hint_{name}") if name in ("engagement", "number", "service") else ""
    return Input(name, "text", label, value, mending.characters, hint)


def number_sentence(case: Case, say: Words) -> str:
    """Whether the invoice keeps its number: one sentence."""
    keys = {"resend": "keeps", "redeposit": "keeps", "new_number": "needs_another", "complete": "stays",
            "recycle": "stays"}  # fmt: skip
    key = keys.get(case.step)
    if case.step == "new_number" and case.standing is not None and case.standing.deposit.outcome == "rejected":
        key = "cannot_keep"
    return say(by_door(f"rejection.number_{key}", door_of(case.platform))) if key else ""


# ---------------------------------------------------------------- what was typed


class Typed(msgspec.Struct, frozen=True):
    """What a form says: the texts as typed, the changes that they are, what of them cannot be taken."""

    texts: Named
    changes: Named
    errors: Sequence[tuple[str, str]]


def typed_in(form: Form, case: Case, say: Words) -> Typed:
    """What of the invoice is to be another text now."""
    texts = {name: form.text(name) for name in (*_NAMES, "service_autre") if name in form.names()}
    changes, errors = {}, []
    for name, field in _NAMES.items():
        if name not in texts:
            continue
        text = texts["service_autre"] if name == "service" and texts[name] == OTHER else texts[name]
        if len(text) > MENDINGS[field].characters or not text.isprintable():
            errors.append((name, say("rejection.too_long", field=say(f"rejection.field_{name}"),
                                     most=MENDINGS[field].characters)))  # fmt: skip
        elif text != MENDINGS[field].said(case.content):
            changes[field] = text
    if case.step == "new_number" and not changes.get("number"):
        errors.append(("number", say("rejection.number_wanted", number=case.document.number)))
    return Typed(texts, changes, errors)
