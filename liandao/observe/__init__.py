"""What a deployment tells to whoever watches it from outside: events, run history, metrics, lineage, messages."""
