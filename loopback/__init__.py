"""Servers on loopback that are thrown away again: for the demo, for ``make airflow`` and for tests."""
