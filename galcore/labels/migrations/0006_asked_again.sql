-- Galaxies that one more person is asked about, whatever the campaign wants: so many are to have answered, or
-- hold it, before it is full. The largest number of a galaxy is the one in force.
CREATE TABLE asked_again (
    campaign_id VARCHAR NOT NULL,
    galaxy_id   VARCHAR NOT NULL,
    wanted      INTEGER NOT NULL,
    asked_by    VARCHAR NOT NULL,   -- saw the votes, and is not the one who is asked
    asked_at    TIMESTAMP NOT NULL
);
