-- Times are UTC. Nothing here has a primary key or an index: rows are only ever appended, by one thread,
-- and `seq` (given by that thread) is the one order that counts.

CREATE TABLE campaign_versions (
    campaign_id VARCHAR NOT NULL,
    version     INTEGER NOT NULL,       -- 1, 2, …; the largest is the one in force
    name        VARCHAR NOT NULL,
    settings    VARCHAR NOT NULL,       -- JSON of types.Campaign
    changed_at  TIMESTAMP NOT NULL
);

CREATE TABLE label_events (
    seq              BIGINT NOT NULL,
    event_id         VARCHAR NOT NULL,  -- made by the client: sending it twice stores it once
    campaign_id      VARCHAR NOT NULL,
    campaign_version INTEGER NOT NULL,
    galaxy_id        VARCHAR NOT NULL,
    annotator        VARCHAR NOT NULL,
    kind             VARCHAR NOT NULL,  -- label, skip, undo, flag
    answer           VARCHAR NOT NULL,
    explicit         BOOLEAN NOT NULL,  -- false: implied by submitting the rest of a grid
    reason           VARCHAR NOT NULL,  -- why the galaxy was shown
    score            DOUBLE,            -- what the model said when it was shown, 0-1
    model_version    VARCHAR NOT NULL,
    grid_id          VARCHAR NOT NULL,
    round            INTEGER NOT NULL,
    undoes           VARCHAR NOT NULL,  -- event_id taken back
    comment          VARCHAR NOT NULL,
    display          VARCHAR NOT NULL,  -- stretch and bands on screen
    created_at       TIMESTAMP NOT NULL
);

CREATE TABLE grids (
    seq           BIGINT NOT NULL,
    grid_id       VARCHAR NOT NULL,
    campaign_id   VARCHAR NOT NULL,
    annotator     VARCHAR NOT NULL,
    round         INTEGER NOT NULL,
    model_version VARCHAR NOT NULL,
    created_at    TIMESTAMP NOT NULL
);

CREATE TABLE grid_items (
    grid_id   VARCHAR NOT NULL,
    position  INTEGER NOT NULL,
    galaxy_id VARCHAR NOT NULL,
    reason    VARCHAR NOT NULL,
    score     DOUBLE
);
