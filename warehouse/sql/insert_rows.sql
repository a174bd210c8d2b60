-- Rows of one relation into a declared table, matched by name.
INSERT INTO {table} ({columns}) SELECT {columns} FROM {source}
