"""What Liandao adds to Airflow's pages; Airflow loads it from the folder that ``core.plugins_folder`` names.

Every component of Airflow loads plugins, and only the API server has a use for this one: what serves the pages is
imported with the first request.
"""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/liandao-reports"


async def report_pages(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application of the report pages."""
    from dags.report_pages import app

    await app()(scope, receive, send)


class LiandaoPlugin(AirflowPlugin):
    """The bureau's reports, in Airflow's navigation."""

    name = "liandao"
    fastapi_apps: list[Any] = [  # noqa: RUF012 - as its base declares it
        {"name": "liandao-reports", "app": report_pages, "url_prefix": PREFIX}
    ]
    external_views: list[Any] = [  # noqa: RUF012
        {
            "name": "数据质量报告",
            "href": f"{PREFIX}/index.html",
            "url_route": "liandao-reports",
            "destination": "nav",
        }
    ]
