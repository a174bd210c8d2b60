"""What keeps a home for years: what each generation was made from, rebuilding, comparing, retention, backup, moving."""
