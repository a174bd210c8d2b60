-- Views of a schema that read from the schema of a generation.
SELECT DISTINCT v.relname
FROM pg_class AS v
JOIN pg_namespace AS n ON n.oid = v.relnamespace
JOIN pg_rewrite AS r ON r.ev_class = v.oid
JOIN pg_depend AS d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
JOIN pg_class AS t ON t.oid = d.refobjid AND t.oid <> v.oid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE n.nspname = %s AND v.relkind = 'v' AND tn.nspname ~ %s AND t.relname = v.relname
