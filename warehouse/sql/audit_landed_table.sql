-- Key and place of every landed row.
CREATE OR REPLACE TEMP TABLE landed_key (
    platform_id VARCHAR, stream VARCHAR, batch_id VARCHAR, landed_row BIGINT, source_key VARCHAR
)
