-- Qualifications and trainings that an activity, or a post of a session, asks for (A5; Regulation 15, 16).

CREATE TABLE activity_qualification (
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    kind TEXT NOT NULL REFERENCES qualification_kind (code),
    PRIMARY KEY (activity_id, kind)
);
CREATE INDEX activity_qualification_kind_idx ON activity_qualification (kind, activity_id);

ALTER TABLE post ADD COLUMN qualification TEXT REFERENCES qualification_kind (code);
CREATE INDEX post_qualification_idx ON post (qualification, session_id) WHERE qualification IS NOT NULL;
