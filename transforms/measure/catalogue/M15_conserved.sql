-- A row here means that the matrix does not add up to the redundant entries it splits (fractions to the digits kept).
SELECT first_holder, fractional, redundant
FROM (SELECT coalesce(sum(first_holder_entries), 0) AS first_holder, coalesce(sum(fractional_entries), 0) AS fractional,
        count(*) AS pairs
      FROM warehouse.mart_redundancy_matrix),
    (SELECT coalesce(sum(entries) FILTER (class_code = 'cross'), 0) AS redundant FROM warehouse.mart_redundancy_class)
WHERE first_holder <> redundant OR abs(fractional - redundant) > 1e-6 * (pairs + 1)
