-- How often each row, as the content checksum reads it, stands in the one generation more than in the other.
WITH counted AS (
    SELECT content, sum(n) AS more FROM (
        SELECT md5_number({row}) AS content, 1 AS n FROM "after".main.{table}
        UNION ALL
        SELECT md5_number({row}), -1 FROM "before".main.{table}
    )
    GROUP BY content
)
SELECT coalesce(-sum(more) FILTER (WHERE more < 0), 0)::BIGINT, coalesce(sum(more) FILTER (WHERE more > 0), 0)::BIGINT
FROM counted
