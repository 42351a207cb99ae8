"""Templates filled: the words and figures of a page in its reader's language, in the frame that says the platform."""

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from lettrage.adapters.http.pages import typeset
from lettrage.adapters.http.pages.counts import counts
from lettrage.adapters.http.pages.navigation import Frame, frame_of
from lettrage.adapters.http.pages.static import address
from lettrage.adapters.http.pages.words import words
from lettrage.money import Currency, currency
from lettrage.refusal import Language

if TYPE_CHECKING:
    from lettrage.adapters.http.pages.page import Page

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@cache
def _templates(language: Language) -> Environment:
    made = Environment(
        loader=PackageLoader("lettrage.adapters.http.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "amount": lambda minor, of: typeset.figure(minor, _currency(of), language),
        "money": lambda minor, of: typeset.money(minor, _currency(of), language),
        "count": partial(typeset.count, language=language),
        "fact": partial(typeset.fact, language=language),
        "day": partial(typeset.day, language=language),
        "long_day": partial(typeset.long_day, language=language),
        "moment": partial(typeset.moment, language=language),
        "hour": typeset.hour,
    }
    made.globals |= {"static": address, "t": partial(words, language), "lang": language}
    return made


def _currency(of: Currency | str) -> Currency:
    if isinstance(of, Currency):
        return of
    found = currency(of)
    assert found is not None, of
    return found


def rendered(page: "Page", template: str, status: int, *, framed: bool = True, **values: Any) -> Response:
    """A page or a part of one as HTML."""
    frame: Frame | None = frame_of(page, counts) if framed else None
    text = _templates(page.language).get_template(template).render(page=page, frame=frame, **values)
    return html(text, page.language, status)


def plain(language: Language, template: str, status: int, **values: Any) -> Response:
    """A page for somebody who is not known yet."""
    return html(_templates(language).get_template(template).render(**values), language, status)


def html(text: str, language: Language, status: int) -> Response:
    """HTML under the strict policy."""
    headers = {"Content-Security-Policy": POLICY, "Content-Language": language}
    return Response(text, status, headers, "text/html; charset=utf-8")


def safe(text: str) -> Markup:
    """HTML that was made here, escaped already."""
    return Markup(text)  # noqa: S704
