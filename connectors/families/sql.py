"""Family ``sql``: a table of a database, read in one snapshot, as text.

PostgreSQL goes through ADBC (columns arrive as Arrow), SQLite through SQLAlchemy. Names of tables and columns
come from the platform file and are used only after the database has said that it has them; values are bound.

The cursor. Where the column is a time, the database compares. Where it is text that begins with the year, text is
compared, byte by byte; because that is right only for one writing, rows in any *other* writing than the cursor's (and
rows without a change time) are fetched as well and judged on our side (:mod:`connectors.ordering`). Where it is any
other text, the table is read whole and judged on our side. So an odd row costs a moment, and is never lost.
"""

from __future__ import annotations

from connectors.deployment import resolve_endpoint
from connectors.families.base import Opening, Source
from schemas.extras import require_extra


def sql_source(opening: Opening) -> Source:
    """The source for the database that the endpoint's address names."""
    access = opening.platform.file.access
    endpoint, parts = resolve_endpoint(opening.deployment, access.endpoint, opening.schemes)
    if parts.scheme == "postgresql":
        require_extra("postgresql", f"endpoints.{access.endpoint}.url")
        from connectors.families.postgresql import PostgresSource

        return PostgresSource(opening, endpoint)
    from connectors.families.sqlalchemy import SqlAlchemySource

    return SqlAlchemySource(opening, parts)
