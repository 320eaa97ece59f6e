-- What stands now, told from the events alone.

-- An undo takes back one event of the same person in the same campaign, whichever of the two arrived first.
CREATE VIEW standing_events AS
SELECT e.*
FROM label_events e
WHERE e.kind <> 'undo'
  AND NOT EXISTS (
    SELECT 1 FROM label_events u
    WHERE u.kind = 'undo' AND u.undoes = e.event_id
      AND u.campaign_id = e.campaign_id AND u.annotator = e.annotator
  );

-- The last answer of each person about each galaxy. Table macros, not views: through a view the other
-- campaigns would be grouped too before they are thrown away.
CREATE MACRO current_answers(campaign) AS TABLE
SELECT e.*
FROM label_events e
JOIN (
    SELECT max(seq) AS seq FROM standing_events
    WHERE kind = 'label' AND campaign_id = campaign GROUP BY galaxy_id, annotator
) newest ON newest.seq = e.seq
WHERE e.campaign_id = campaign;

-- Votes per galaxy and answer.
CREATE MACRO votes(campaign) AS TABLE
SELECT galaxy_id, answer, count(*) AS n_votes, count(*) FILTER (WHERE explicit) AS n_explicit
FROM current_answers(campaign)
GROUP BY galaxy_id, answer;
