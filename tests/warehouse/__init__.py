"""Tests of the warehouse room, on real DuckDB files and a real PostgreSQL server."""
