-- The block of each new node in each pass: at the depth at which the register has it, unrefined where it has none.
INSERT INTO block
SELECT block, node
FROM lookup
QUALIFY row_number() OVER (PARTITION BY node, unrefined ORDER BY if(held > 0, depth, 0) DESC, depth) = 1
