-- What became of a file whose sender is gone. One that was not stored never will be: its number is taken here, so
-- that a sender that was only asleep finds it void.
CREATE OR REPLACE FUNCTION void_unsent_file(p_bank text, p_file text, p_now timestamptz) RETURNS SETOF bank_files
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bank_files (bank, file_id, items, state, stored_at)
    VALUES (p_bank, p_file, '[]', 'void', p_now) ON CONFLICT (bank, file_id) DO NOTHING;
    RETURN QUERY SELECT * FROM bank_files f WHERE f.bank = p_bank AND f.file_id = p_file;
END $$;
