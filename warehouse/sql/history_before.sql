-- One row of `link_before` is one record with the surrogate that the published generation gave it.
CREATE OR REPLACE TEMP TABLE link_before AS SELECT record_id, {entity} AS entity_id FROM {links}
