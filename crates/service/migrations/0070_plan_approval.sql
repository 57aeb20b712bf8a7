-- Annual plans are approved by the body above the team, and each month says what became of its lines (Add-28).

ALTER TABLE year_plan ADD COLUMN state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'submitted', 'approved', 'returned'));
-- what whoever approves said
ALTER TABLE year_plan ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE year_plan ADD COLUMN submitted_at BIGINT;
ALTER TABLE year_plan ADD COLUMN submitted_by BIGINT;
ALTER TABLE year_plan ADD COLUMN decided_at BIGINT;
ALTER TABLE year_plan ADD COLUMN decided_by BIGINT;
CREATE INDEX year_plan_state_idx ON year_plan (state, id);

-- which squad of the team does it, and by what means
ALTER TABLE plan_line ADD COLUMN squad TEXT NOT NULL DEFAULT '';
ALTER TABLE plan_line ADD COLUMN measure TEXT NOT NULL DEFAULT '';
-- what the team said became of it; NULL: nothing yet, or it follows from what happened
ALTER TABLE plan_line ADD COLUMN outcome TEXT CHECK (outcome IN ('done', 'dropped'));
-- why it was moved or dropped
ALTER TABLE plan_line ADD COLUMN reason TEXT NOT NULL DEFAULT '';
-- the month it was first planned for, when it was moved
ALTER TABLE plan_line ADD COLUMN moved_from BIGINT CHECK (moved_from BETWEEN 1 AND 12);
