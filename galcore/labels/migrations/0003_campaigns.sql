-- Several questions a galaxy, lists of galaxies, galaxies in somebody's hands, answers that came too late.

-- Empty in campaigns that ask one question; else the answer (several at once) or the node of the tree.
ALTER TABLE label_events ADD COLUMN question VARCHAR DEFAULT '';
UPDATE label_events SET question = '' WHERE question IS NULL;

-- Galaxies of a campaign with a list of its own; the rows with the largest seq are the list in force.
CREATE TABLE campaign_galaxies (
    seq         BIGINT NOT NULL,
    campaign_id VARCHAR NOT NULL,
    galaxy_id   VARCHAR NOT NULL
);

-- Galaxies that lie in front of a person now. The only rows that are ever deleted: when the person answered,
-- left, or was away too long.
CREATE TABLE leases (
    campaign_id VARCHAR NOT NULL,
    galaxy_id   VARCHAR NOT NULL,
    annotator   VARCHAR NOT NULL
);

-- Answers to grids shown while the campaign was open that arrived when it was not: kept until it is again.
CREATE TABLE late_events (
    event_id    VARCHAR NOT NULL,
    campaign_id VARCHAR NOT NULL,
    annotator   VARCHAR NOT NULL,
    event       VARCHAR NOT NULL,   -- JSON of types.LabelEvent
    arrived_at  TIMESTAMP NOT NULL
);

-- A view remembers the columns it was made with, so it is made again.
CREATE OR REPLACE VIEW standing_events AS
SELECT e.*
FROM label_events e
WHERE e.kind <> 'undo'
  AND NOT EXISTS (
    SELECT 1 FROM label_events u
    WHERE u.kind = 'undo' AND u.undoes = e.event_id
      AND u.campaign_id = e.campaign_id AND u.annotator = e.annotator
  );

-- The last answer of each person about each galaxy and question. Gold and re-asks measure the person and are
-- no answers.
CREATE OR REPLACE MACRO current_answers(campaign) AS TABLE
SELECT e.*
FROM label_events e
JOIN (
    SELECT max(seq) AS seq FROM standing_events
    WHERE kind = 'label' AND reason NOT IN ('gold', 'reask') AND campaign_id = campaign
    GROUP BY galaxy_id, annotator, question
) newest ON newest.seq = e.seq
WHERE e.campaign_id = campaign;

-- Votes per galaxy, question and answer.
CREATE OR REPLACE MACRO votes(campaign) AS TABLE
SELECT galaxy_id, question, answer, count(*) AS n_votes, count(*) FILTER (WHERE explicit) AS n_explicit
FROM current_answers(campaign)
GROUP BY galaxy_id, question, answer;
