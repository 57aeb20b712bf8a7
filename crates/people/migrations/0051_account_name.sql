-- An account is called by the name of its person. It was written once, at the first sign-in: corrections of a name did
-- not reach it, and it outlived the erasure of the person's own.
UPDATE account SET name = (SELECT p.name FROM person p WHERE p.id = account.person_id)
    WHERE EXISTS (SELECT 1 FROM person p WHERE p.id = account.person_id AND p.name <> account.name);
