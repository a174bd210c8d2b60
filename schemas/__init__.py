"""What the data is: every table declared once, platform files, code lists, receipts, errors. Definitions only."""
