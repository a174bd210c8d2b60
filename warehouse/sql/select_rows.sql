-- All rows of one table, columns in declared order.
SELECT {columns} FROM {table}
