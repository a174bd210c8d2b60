-- Who holds a view of ours, apart from this session.
SELECT DISTINCT a.pid, a.usename, a.xact_start
FROM pg_locks AS l
JOIN pg_class AS c ON c.oid = l.relation
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE n.nspname = ANY(%s) AND l.pid <> pg_backend_pid() AND a.xact_start IS NOT NULL
ORDER BY a.xact_start
