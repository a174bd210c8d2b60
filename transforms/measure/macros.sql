-- Formulas that several measures share. Temporary macros: they live on the connection, never in the warehouse.

-- Wilson score interval of a proportion k/n at 95% (Wilson 1927; z = 1.959963984540054). The ends 0 and 1 are exact when nobody,
-- or everybody, is counted. Null when n is 0.
CREATE OR REPLACE TEMP MACRO wilson_lower(k, n) AS
    CASE WHEN n = 0 THEN NULL WHEN k = 0 THEN 0.0
    ELSE (k + 1.920729410347062 - 1.959963984540054 * sqrt(k * (n - k) / n::DOUBLE + 0.960364705173531))
         / (n + 3.841458820694124) END;

CREATE OR REPLACE TEMP MACRO wilson_upper(k, n) AS
    CASE WHEN n = 0 THEN NULL WHEN k = n THEN 1.0
    ELSE (k + 1.920729410347062 + 1.959963984540054 * sqrt(k * (n - k) / n::DOUBLE + 0.960364705173531))
         / (n + 3.841458820694124) END;

-- numerator / denominator, null instead of an error or infinity when nothing is there to divide by.
CREATE OR REPLACE TEMP MACRO ratio(numerator, denominator) AS
    CASE WHEN denominator > 0 THEN numerator / denominator::DOUBLE END;

-- An effective business transaction (domain.md B2): something created, changed, approved, answered or printed by a human
-- being. Log-in, view, heartbeat, clock-in, import and synchronisation are none, nor is anything done by the accounts of tests,
-- interfaces and the system. A recorded duration below the shortest a hand can take belongs to a script; none recorded passes.
CREATE OR REPLACE TEMP MACRO is_effective(account_kind, action, duration_s, shortest_s) AS
    account_kind IN ('worker', 'resident')
    AND action IN ('create', 'update', 'approve', 'reply', 'print')
    AND (duration_s IS NULL OR duration_s >= shortest_s);

-- First moment after a day, for half-open comparisons: at >= day_start(first) AND at < day_after(last).
CREATE OR REPLACE TEMP MACRO day_start(day) AS day::DATE::TIMESTAMPTZ;
CREATE OR REPLACE TEMP MACRO day_after(day) AS (day::DATE + 1)::TIMESTAMPTZ;
