"""Nights: what changed is matched against everything, and what was found before is carried on."""
