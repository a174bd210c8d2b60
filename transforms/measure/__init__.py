"""Figures: each measure declared in data beside its SQL."""
