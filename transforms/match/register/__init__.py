"""Register: what a run leaves on disk for the next; layers of rows that are found by their keys."""
