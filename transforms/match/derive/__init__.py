"""Derive: a configuration from what is asked for and what the table shows."""
