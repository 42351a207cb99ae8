"""A page on its way to whoever looks: who that is, which company, and how an answer is made of it."""

import base64
import hmac
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lettrage.acts import Act, Performed, perform
from lettrage.adapters.http.house import House, Position, Readings
from lettrage.adapters.http.pages import sheet
from lettrage.adapters.http.pages.asked import Form, Query
from lettrage.adapters.http.pages.rendering import rendered
from lettrage.adapters.http.pages.words import words
from lettrage.caller import Caller
from lettrage.company.dossier import Company
from lettrage.guard.audited import Hand
from lettrage.guard.person import Person
from lettrage.limits import ROWS_PRINTED, TRAIL
from lettrage.ports import Clock
from lettrage.refusal import Language

ORIGIN = "page"
DONE_COOKIE = "fait"
_json = msgspec.json.Encoder(order="sorted").encode


class Done(msgspec.Struct, frozen=True):
    """The green line on the next page: what was done, and where to see it."""

    said: str
    href: str = ""
    link: str = ""


class Pager(msgspec.Struct, frozen=True):
    """Where a page of a list stands: numbers of its first and last lines, and the addresses before and after it."""

    first: int
    last: int
    total: int | None
    previous: str
    following: str


class Page(msgspec.Struct, frozen=True):
    """Somebody who is signed in looks at an address, or posts a form there."""

    house: House
    request: Request
    who: Person
    language: Language
    dossier: str
    form: Form

    # ------------------------------------------------------------ who and when

    @property
    def clock(self) -> Clock:
        """The clock of the service."""
        return self.house.clock

    @property
    def today(self) -> date:
        """The accounting date."""
        return self.house.clock.today()

    def may(self, action: str) -> bool:
        """Whether the reader's role may do this."""
        return self.who.identity.may(action)

    def t(self, key: str, n: int | None = None, **values: object) -> str:
        """Words in the reader's language."""
        return words(self.language, key, n, **values)

    @property
    def csrf(self) -> str:
        """What a form must bring back: nobody else's page knows it."""
        return csrf_of(self.who.sign_in)

    # ------------------------------------------------------------ what was asked

    @property
    def query(self) -> Query:
        """The query of the address."""
        return Query(self.request.query_params)

    @property
    def hx(self) -> bool:
        """Whether only a part of the page is wanted."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def printing(self) -> bool:
        """Whether the list is for paper."""
        return self.query.flag("imprimer")

    @property
    def rows(self) -> int:
        """Lines of a list: as the reader likes, or as many as paper takes."""
        return ROWS_PRINTED if self.printing else self.who.likes.rows

    def here(self, **changes: object) -> str:
        """This address with these changes to its query; None takes a name away. A list begins anew."""
        values = [(k, v) for k, v in self.request.query_params.multi_items() if k not in changes and k != "apres"]
        values += [(name, str(value)) for name, value in changes.items() if value is not None]
        return self.request.url.path + ("?" + urlencode(values) if values else "")

    @property
    def whence(self) -> str:
        """An address that shows this page again; for what became of a form, the page that the form stood on."""
        if self.request.method == "GET":
            return self.here()
        came = urlsplit(self.request.headers.get("referer", ""))
        return f"{came.path}?{came.query}".rstrip("?") if came.netloc == self.request.url.netloc and came.path else "/"

    # ------------------------------------------------------------ the books

    @contextmanager
    def books(self) -> Iterator[Readings]:
        """The books of the company that is looked at. Raises Stop."""
        with self.house.base.books(self.dossier, writing=False) as books:
            yield books

    def company(self) -> Company:
        """The company file."""
        with self.books() as books:
            return books.company

    def caller(self, key: str = "", *, dry_run: bool = False) -> Caller:
        """The reader, as the acts on the books know him."""
        identity = self.who.identity
        dossiers = identity.dossiers
        if self.house.dossier:
            dossiers = frozenset({self.house.dossier}) & (dossiers if dossiers is not None else {self.house.dossier})
        source = self.request.client.host if self.request.client else ""
        return Caller(identity.name, ORIGIN, self.dossier, key, dry_run, source, dossiers)

    @property
    def hand(self) -> Hand:
        """Whose doing the audit log tells."""
        return Hand(self.who.identity.name, self.request.client.host if self.request.client else "")

    def perform(self, act: Act, key: str = "") -> Performed:
        """Do what is asked of the books, once for each key."""
        return perform(act, self.caller(key), self.house.store, self.house.clock)

    # ------------------------------------------------------------ answers

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """A whole page."""
        done = self._done()
        response = rendered(self, template, status, done=done, **values)
        if done is not None:
            response.delete_cookie(DONE_COOKIE)
        return response

    def part(self, template: str, status: int = 200, **values: Any) -> Response:
        """A part of a page, for one that is already there."""
        return rendered(self, template, status, framed=False, **values)

    def go(self, path: str, done: str = "", link: tuple[str, str] = ("", "")) -> Response:
        """On to another page, which says what was done. `link`: address and words."""
        assert path.startswith("/"), path
        response: Response = RedirectResponse(path, 303)
        if self.hx:
            response = Response(headers={"HX-Redirect": path})
        if done:
            text = base64.urlsafe_b64encode(_json([done, *link])).decode()
            response.set_cookie(DONE_COOKIE, f"{text}.{self._signed(text)}", max_age=60, httponly=True, samesite="lax")
        return response

    def csv(self, name: str, heads: Sequence[str], rows: Iterable[Sequence[sheet.Cell]]) -> Response:
        """A list as a file for spreadsheets: `name-20261120.csv`."""
        return self.file(
            sheet.written(heads, rows, self.language), f"{name}-{self.today:%Y%m%d}.csv", "text/csv; charset=utf-8"
        )

    def file(self, content: bytes, name: str, kind: str, *, inline: bool = False) -> Response:
        """A file to keep, whatever characters its name has."""
        how = "inline" if inline else "attachment"
        headers = {"Content-Disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}"}
        return Response(content, headers=headers, media_type=kind)

    # ------------------------------------------------------------ lists

    def after(self, *criteria: object) -> Position:
        """Where the page before ended; () at the start, and for an address that is none of this list's."""
        _, trail = self._read_cursor(criteria)
        return tuple(trail[-1]) if trail else ()

    def pager(self, lines: int, last: Position | None, *criteria: object, total: int | None = None) -> Pager:
        """The way on from a page of so many lines, and back. `last`: where the list goes on; None at its end."""
        before, trail = self._read_cursor(criteria)
        following = previous = ""
        if last is not None:
            kept = [*trail, list(last)][-TRAIL:]
            following = self.here(apres=self._cursor(before + lines, kept, criteria))
        if trail:
            shorter = trail[:-1]
            start = before - self.rows
            previous = self.here(apres=self._cursor(start, shorter, criteria)) if shorter and start > 0 else self.here()
        return Pager(before + 1 if lines else 0, before + lines, total, previous, following)

    def _cursor(self, before: int, trail: list[list[Any]], criteria: Iterable[object]) -> str:
        said = [self._bound(before, trail, criteria), before, trail]
        return base64.urlsafe_b64encode(_json(said)).decode().rstrip("=")

    def _read_cursor(self, criteria: Iterable[object]) -> tuple[int, list[list[Any]]]:
        """Lines before, and the trail; nothing of both for a cursor that was not made here for this list."""
        text = self.request.query_params.get("apres", "")
        try:
            bound, before, trail = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            ours = hmac.compare_digest(bound, self._bound(before, trail, criteria))
        except (ValueError, TypeError, OverflowError, RecursionError):
            return 0, []
        return (before, trail) if ours else (0, [])

    def _bound(self, before: int, trail: list[list[Any]], criteria: Iterable[object]) -> str:
        """What a cursor is bound to: the sign-in, the list, the dossier, its filter; so nobody makes one up."""
        said = [self.request.url.path, self.dossier, *map(str, criteria), before, trail]
        return self._signed(_json(said).decode())[:24]

    # ------------------------------------------------------------ the green line

    def _done(self) -> Done | None:
        text, _, signature = self.request.cookies.get(DONE_COOKIE, "").partition(".")
        if not text or not hmac.compare_digest(signature.encode(), self._signed(text).encode()):
            return None
        said, href, link = msgspec.json.decode(base64.urlsafe_b64decode(text))
        return Done(said, href, link)

    def _signed(self, text: str) -> str:
        return hmac.new(self.who.sign_in.encode(), text.encode(), "sha256").hexdigest()


def csrf_of(sign_in: str) -> str:
    """The mark of a sign-in's own forms."""
    return hmac.new(sign_in.encode(), b"form", "sha256").hexdigest()
