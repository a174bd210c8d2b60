"""The declarations, one module per kind of table; ``schemas.catalogue`` gathers them all."""
