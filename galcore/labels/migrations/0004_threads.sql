-- What people say to each other about a galaxy. Append-only as the labels are: an edit and a withdrawal are
-- rows of their own that name the message. `seq` is of the one sequence of the file.
CREATE TABLE thread_events (
    seq         BIGINT NOT NULL,
    event_id    VARCHAR NOT NULL,   -- made by the client: sending it twice stores it once
    campaign_id VARCHAR NOT NULL,
    galaxy_id   VARCHAR NOT NULL,
    annotator   VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL,   -- write, edit, withdraw
    text        VARCHAR NOT NULL,   -- empty for a withdrawal
    message_id  VARCHAR NOT NULL,   -- event_id of the message that is edited or withdrawn; empty for a new one
    created_at  TIMESTAMP NOT NULL
);
