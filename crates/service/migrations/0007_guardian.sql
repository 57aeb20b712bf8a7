-- Marked by the organiser as hazardous: nobody under eighteen takes part (V4, Fix-07).
ALTER TABLE activity ADD COLUMN hazard BOOLEAN NOT NULL DEFAULT FALSE;
