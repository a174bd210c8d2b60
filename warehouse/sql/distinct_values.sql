-- The values that need a token, each once for each purpose.
CREATE OR REPLACE TEMP TABLE distinct_value AS
SELECT DISTINCT {purpose} AS purpose, {column} AS value FROM {table} AS c WHERE {column} IS NOT NULL
