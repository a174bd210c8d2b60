-- One row is a node of a candidate pair.
SELECT node, component, texts FROM node JOIN wanted USING (node) ORDER BY node
