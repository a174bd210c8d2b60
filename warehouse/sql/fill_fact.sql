-- One fact table: the core rows masked, with their surrogates.
INSERT INTO {fact} ({columns})
SELECT {expressions}
FROM {core} AS c
{joins}
