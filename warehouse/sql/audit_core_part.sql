SELECT platform_id, '{stream}' AS stream, batch_id, landed_row, source_key FROM {core}
