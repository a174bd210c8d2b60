"""The answers of the commands with ``--json``: declared, and published as JSON Schema."""
