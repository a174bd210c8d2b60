-- Empty a derived table before it is derived again.
DELETE FROM {table}
