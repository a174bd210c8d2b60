-- Keys with characters beyond printable ASCII, or blanks at an end.
SELECT DISTINCT source_key FROM landed_key
WHERE strlen(source_key) <> length(source_key) OR regexp_matches(source_key, '^\s|\s$|[\x00-\x1F\x7F]')
