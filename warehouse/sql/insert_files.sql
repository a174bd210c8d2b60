-- Rows of Parquet files into a control table, matched by name.
INSERT INTO {table} ({columns}) SELECT {columns} FROM read_parquet($files)
