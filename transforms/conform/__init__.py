"""From landed source rows to canonical rows."""
