"""Results: what is told of a run to people and to later runs."""
