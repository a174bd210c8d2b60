-- One row is a node of the region.
SELECT node, component, is_ambiguous, texts FROM node JOIN region USING (node) ORDER BY node
