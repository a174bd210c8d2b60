"""The report pages of a home inside Airflow, for whoever has signed in to it.

Only the folder of pages is served, read-only: no link leads out of it, no other folder of the home is looked into.
Airflow does not put a plugin's application behind its own sign-on, so this one asks for itself: the session that the
browser has with Airflow, or a bearer token of its API. Without either the answer is 401, before any file is looked at.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

NOTHING_PUBLISHED = Path(__file__).parent.parent / "reports" / "static" / "nothing-published.html"
FIRST_PAGE = "index.html"


@cache
def app() -> FastAPI:
    """The application for the project that the environment names."""
    from liandao.settings import read_settings

    return pages_of(read_settings().home / "reports")


def pages_of(folder: Path) -> FastAPI:
    """An application that serves the pages of one folder, which may not be there yet."""
    files = StaticFiles(directory=folder, html=True, check_dir=False)
    serving = FastAPI(
        openapi_url=None, dependencies=[Depends(requires_access_view(AccessView.WEBSITE))], redirect_slashes=False
    )

    @serving.api_route("/{path:path}", methods=["GET", "HEAD"])
    async def page(path: str, request: Request) -> Response:
        """One page; before the first run has published, a page that says so."""
        try:
            return await files.get_response(files.get_path(request.scope), request.scope)
        except HTTPException:
            if path in ("", FIRST_PAGE) and not (folder / FIRST_PAGE).exists():
                return FileResponse(NOTHING_PUBLISHED)
            raise

    return serving
