SELECT coalesce(b.name, a.name), b.value, a.value
FROM "before".main.ctl_setting AS b
FULL JOIN "after".main.ctl_setting AS a USING (name)
WHERE b.value IS DISTINCT FROM a.value
ORDER BY 1
