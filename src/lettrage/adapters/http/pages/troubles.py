"""What cannot be shown, as a page: what happened, what is safe, what to do."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lettrage.adapters.http.pages.admission import language_for
from lettrage.adapters.http.pages.rendering import plain
from lettrage.adapters.http.pages.words import words
from lettrage.adapters.http.problems import TITLES, Problem
from lettrage.guard.roles import MATRIX, ROLES


async def told(request: Request, problem: Problem) -> Response:
    """A page that says what is wrong and how to go on; it asks nothing of the books, which may be the trouble."""
    if problem.trouble is not None:
        request.state.trouble = problem.trouble
    return await run_in_threadpool(_told, request, problem)


def _told(request: Request, problem: Problem) -> Response:
    language = language_for(request)
    reasons = [
        {"said": reason[language], "fix": reason["fix" if language == "fr" else "fix_en"]} for reason in problem.reasons
    ]
    values = {
        "heading": TITLES[problem.status][language == "en"],
        "reasons": reasons,
        "roles": [words(language, f"frame.role_{role}") for role in _roles(problem)],
        "reference": request.state.request_id if problem.status == 500 else "",
    }
    response = plain(language, "entering/trouble.html", problem.status, **values)
    response.headers.update(problem.headers)
    return response


def _roles(problem: Problem) -> list[str]:
    """The roles that may do what this reader's may not, from the least to the most."""
    first = problem.reasons[0]
    if first["code"] != "not_allowed":
        return []
    return [role for role in ROLES if role in MATRIX.get(first.get("expected", ""), ())]
