"""Our own API, about who may call: accounts and their tokens, for administrators.

These calls take no key: a token is shown once and kept nowhere, so that no answer could be given again.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from lettrage.adapters.http import shapes
from lettrage.adapters.http.calls import Call, allowed, shown
from lettrage.adapters.http.documented import JSON, operation
from lettrage.adapters.http.fields import SEGMENT, Code
from lettrage.adapters.http.forms import AccountForm, RevokeForm
from lettrage.adapters.http.problems import API, Problem
from lettrage.refusal import Refusal, Stop, quoted

router = APIRouter(prefix=API)

Administrator = Annotated[Call, allowed("users")]
AdministratorWriting = Annotated[Call, allowed("users", JSON, keyed=False)]
NameThere = Annotated[Code, Path(), SEGMENT]
WRITTEN = (408, 409, 413, 415, 422)


@router.get("/users", **operation("users", "Accounts", shapes.Accounts, 422))
@router.get("/user", include_in_schema=False)
def users(call: Administrator) -> Response:
    """The accounts with their tokens, by their first characters."""
    return shown({"data": call.house.base.accounts.listed(_scope(call, None))})


@router.post("/users", **operation("add_user", "Open an account", shapes.Opened, *WRITTEN, form=AccountForm))
@router.post("/user", include_in_schema=False)
def add_user(call: AdministratorWriting) -> Response:
    """Open an account; one open in this role already stays as it is."""
    form = call.form(AccountForm)
    call.house.base.accounts.add(form.name, form.role, _scope(call, form.dossier), call.hand)
    return shown({"name": form.name, "role": form.role, "dossier": _scope(call, form.dossier) or None})


@router.post("/users/tokens", **operation("new_token", "A new token", shapes.NewToken, *WRITTEN, form=AccountForm))
@router.post("/user/token", include_in_schema=False)
def new_token(call: AdministratorWriting) -> Response:
    """A new token, shown this once; the account is made when there is none. Each call makes another token."""
    form = call.form(AccountForm)
    scope = _scope(call, form.dossier)
    return shown({"token": call.house.base.accounts.issue(form.name, form.role, scope, call.hand)})


@router.post(
    "/users/tokens/revoke",
    **operation("revoke_token", "End a token", shapes.Ended, *WRITTEN, 404, form=RevokeForm),
)
@router.post("/user/revoke", include_in_schema=False)
def revoke_token(call: AdministratorWriting) -> Response:
    """End the token that begins with these characters."""
    form = call.form(RevokeForm)
    ended = call.house.base.accounts.revoke(form.shown, _scope(call, None), call.hand)
    if not ended:
        raise Problem(404, Refusal("no_such_token", "shown", quoted(form.shown)))
    return shown({"ended": ended})


@router.post("/users/{name}/close", **operation("close_user", "Close an account", shapes.Ended, 404, 409, 422))
@router.post("/user/{name}/close", include_in_schema=False)
def close_user(call: Administrator, name: NameThere) -> Response:
    """Close an account and end its tokens. The account is one of the dossier asked for, else one for all."""
    ended = call.house.base.accounts.close(name, _scope(call, None), call.hand)
    if not ended:
        raise Problem(404, Refusal("no_such_account", "name", quoted(name)))
    return shown({"ended": ended})


def _scope(call: Call, named: Code | None) -> str:
    """The dossier whose accounts are meant; "" for accounts of all dossiers, which only one of all may touch.

    Raises Stop (403) for a dossier that is not the caller's.
    """
    wanted, own = named or call.caller.dossier, call.caller.dossiers
    if own is None or wanted in own:
        return wanted
    if wanted or len(own) != 1:
        raise Stop(Refusal("unknown_dossier", "dossier", wanted), error=403)
    return next(iter(own))
