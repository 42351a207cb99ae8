"""Commands about people and programs that may log in: accounts, roles, tokens, passwords for the pages."""

import secrets
import sys
from typing import Annotated

import typer

from lettrage import terminal
from lettrage.commands.shared import app, context, plain, print_json, write
from lettrage.commands.shared import user as who
from lettrage.guard.audited import Hand
from lettrage.guard.roles import ROLES
from lettrage.refusal import Refusal, Stop, quoted

user = typer.Typer(
    no_args_is_help=True,
    help="Accounts, roles and tokens; without --dossier: for all dossiers. / Comptes, rôles et jetons.",
)
app.add_typer(user, name="user")

_GENERATED_BYTES = 15  # twenty characters

Name = Annotated[str, typer.Argument(help="The account: a person or a program")]
Role = Annotated[str, typer.Option(help=", ".join(ROLES))]


@user.command()
def add(name: Name, role: Role) -> None:
    """Open an account. / Ouvrir un compte."""
    context.store(create=True).accounts.add(plain(name, "NAME"), plain(role, "--role"), context.dossier, Hand(who()))


@user.command()
def token(name: Name, role: Role) -> None:
    """A new token, shown this once; makes the account if there is none. / Un nouveau jeton, montré une seule fois."""
    accounts = context.store(create=True).accounts
    text = accounts.issue(plain(name, "NAME"), plain(role, "--role"), context.dossier, Hand(who()))
    if context.json:
        print_json({"token": text})
    else:
        write(text)


@user.command()
def password(
    name: Name,
    full_name: Annotated[str, typer.Option("--full-name", help="How the pages call this person")] = "",
    generate: Annotated[bool, typer.Option("--generate", help="Make one, shown this once")] = False,
) -> None:
    """The password of an account for the pages, asked for or read from stdin. / Le mot de passe pour les pages."""
    given = secrets.token_urlsafe(_GENERATED_BYTES) if generate else _asked()
    signs = context.store().sign_ins
    signs.set_password(context.dossier, plain(name, "NAME"), given, plain(full_name, "--full-name"), Hand(who()))
    if generate and context.json:
        print_json({"password": given})
    elif generate:
        write(given)


def _asked() -> str:
    """A password typed twice unseen; in a script, the first line of its input."""
    if sys.stdin is None or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n") if sys.stdin else ""
    prompt = "Mot de passe" if context.lang == "fr" else "Password"
    typed: str = typer.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
    return typed


@user.command()
def bind(
    name: Name,
    subject: Annotated[str, typer.Argument(help="As the sign-on page says it: the provider's address and subject")],
) -> None:
    """Let an account sign on through the OpenID provider. / Relier un compte au fournisseur d'identité."""
    context.store().sign_ins.bind(context.dossier, plain(name, "NAME"), plain(subject, "SUBJECT"))


@user.command("list")
def list_() -> None:
    """Accounts with their tokens, by their first characters. / Les comptes et leurs jetons."""
    found = context.store().accounts.listed(context.dossier)
    if context.json:
        print_json(found)
    else:
        terminal.show([line for account in found for line in _lines(account)], "accounts", context.lang)


def _lines(account: dict[str, object]) -> list[dict[str, object]]:
    """An account for reading: a line of its own, then one for each of its tokens."""
    tokens = account["tokens"]
    assert isinstance(tokens, list)
    dossier = account["dossier"] or "*"
    return [account | {"dossier": dossier, "ended_at": account["closed_at"]}] + [
        {"dossier": dossier, "name": account["name"]} | token | {"ended_at": token["revoked_at"]} for token in tokens
    ]


@user.command()
def revoke(
    shown: Annotated[str, typer.Argument(help="The first characters of a token, as user list shows them")] = "",
    everything: Annotated[str, typer.Option("--all", metavar="NAME", help="Every token of this account")] = "",
) -> None:
    """End a token, or every token of an account. / Révoquer un jeton, ou tous ceux d'un compte."""
    if bool(shown) == bool(everything):
        raise Stop(Refusal("malformed_option", "SHOWN", quoted(shown), "SHOWN | --all NAME"))
    accounts = context.store().accounts
    if shown and not accounts.revoke(plain(shown, "SHOWN"), context.dossier, Hand(who())):
        raise Stop(Refusal("no_such_token", "SHOWN", quoted(shown)))
    if everything and not accounts.revoke_all(plain(everything, "--all"), context.dossier, Hand(who())):
        raise Stop(Refusal("no_such_token", "--all", quoted(everything)))


@user.command()
def close(name: Name) -> None:
    """Close an account and end its tokens. / Fermer un compte et révoquer ses jetons."""
    if not context.store().accounts.close(plain(name, "NAME"), context.dossier, Hand(who())):
        raise Stop(Refusal("no_such_account", "NAME", quoted(name)))
