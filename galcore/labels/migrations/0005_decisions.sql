-- A decision of Review settles a galaxy and is no vote of the person who made it: that person's vote, if
-- there is one, stands beside it.

CREATE OR REPLACE MACRO current_answers(campaign) AS TABLE
SELECT e.*
FROM label_events e
JOIN (
    SELECT max(seq) AS seq FROM standing_events
    WHERE kind = 'label' AND reason NOT IN ('gold', 'reask', 'adjudication') AND campaign_id = campaign
    GROUP BY galaxy_id, annotator, question
) newest ON newest.seq = e.seq
WHERE e.campaign_id = campaign;

-- The decision in force of each galaxy and question: the last one, of whomever, unless it was reopened.
CREATE MACRO decisions(campaign) AS TABLE
SELECT e.*
FROM label_events e
JOIN (
    SELECT max(seq) AS seq FROM standing_events
    WHERE kind IN ('label', 'flag') AND reason = 'adjudication' AND campaign_id = campaign
    GROUP BY galaxy_id, question
) newest ON newest.seq = e.seq
WHERE e.campaign_id = campaign AND e.kind = 'label';
