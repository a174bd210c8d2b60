"""What happens to the data: conform, quality, match, measure. Tables in, tables out; no network."""
