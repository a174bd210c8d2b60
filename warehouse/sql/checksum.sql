-- Content of one table: rows, and the two halves of their 128-bit hashes summed, so that order does not matter.
SELECT
    count(*) AS row_count,
    coalesce(sum((hash128 & 18446744073709551615::UHUGEINT)::UBIGINT), 0) AS low,
    coalesce(sum((hash128 >> 64)::UBIGINT), 0) AS high
FROM (SELECT md5_number({row}) AS hash128 FROM {table})
