"""Killed, cut off, out of room: what a run leaves behind, and what the next one makes of it."""
