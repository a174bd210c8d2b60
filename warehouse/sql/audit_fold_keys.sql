-- Put the folded form of each unusual key in its place.
UPDATE landed_key SET source_key = k.folded FROM folded_key AS k WHERE k.raw = landed_key.source_key
