-- What a run leaves for the next: an index, which can always be made again by a full run.

-- One row is one node: records that are equal after normalisation.
CREATE TABLE node (
    node BIGINT NOT NULL,        -- content key
    component BIGINT NOT NULL,   -- nodes that decisions about one of them may concern: smallest node among them
    exclusive BIGINT NOT NULL,   -- key of the exclusive value (identity number), -1 for none
    is_ambiguous BOOLEAN NOT NULL, -- left alone because two clusters fit
    texts $texts NOT NULL        -- the fields as its representative record states them, in the order of the configuration
);

-- One row is one record.
CREATE TABLE record (
    record_id VARCHAR NOT NULL,
    record_key BIGINT NOT NULL,
    node BIGINT NOT NULL,
    cluster BIGINT NOT NULL      -- smallest record key among the records of its cluster
);

-- One row says that a node lies in a block of a blocking pass (after refining).
CREATE TABLE block (
    block BIGINT NOT NULL,
    node BIGINT NOT NULL
);

-- One row is one scored pair of nodes that may be one entity, or that only two numbers keep apart.
CREATE TABLE pair (
    left_node BIGINT NOT NULL,
    right_node BIGINT NOT NULL,
    pattern BIGINT NOT NULL      -- comparison levels, packed
);

-- One row is what one record stated when it was last matched, whatever became of its node.
CREATE TABLE content (
    record_key BIGINT NOT NULL,
    content BIGINT NOT NULL      -- hash of the configured fields as they came
);

-- One row is one question to a reviewer, whether or not the queue has room for it.
CREATE TABLE question (
    left_id VARCHAR NOT NULL,
    right_id VARCHAR NOT NULL,
    match_weight DOUBLE NOT NULL,
    match_probability DOUBLE NOT NULL,
    reason_code VARCHAR NOT NULL,
    worth DOUBLE NOT NULL,
    left_node BIGINT NOT NULL,
    right_node BIGINT NOT NULL
);

-- One row is one decision that the last run obeyed.
CREATE TABLE decision (
    left_id VARCHAR NOT NULL,
    right_id VARCHAR NOT NULL,
    judgement VARCHAR NOT NULL
);

-- One row is a named part of the model, as JSON.
CREATE TABLE model (
    name VARCHAR NOT NULL,
    body VARCHAR NOT NULL
);

-- One row says how many entities hold a value of a field, where several do.
CREATE TABLE frequency (
    field INTEGER NOT NULL,
    level INTEGER NOT NULL,
    value BIGINT NOT NULL,
    holders BIGINT NOT NULL
);
