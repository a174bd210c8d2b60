-- The grants on a view, as the statements that give them again.
SELECT format(
    'GRANT %%s ON %%I.%%I TO %%s%%s', g.privilege_type, n.nspname, c.relname,
    CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
    CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(c.relacl) AS g
WHERE n.nspname = %s AND c.relname = %s AND g.grantee <> c.relowner
