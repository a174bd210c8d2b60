-- Questions that are asked anew, or that concern a node that is no more.
DELETE FROM question
WHERE left_node IN (FROM core)
    OR right_node IN (FROM core)
    OR left_node NOT IN (SELECT node FROM node)
    OR right_node NOT IN (SELECT node FROM node)
