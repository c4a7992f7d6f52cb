-- Take a block of p_count running numbers that nobody else gets for this bank, from 1; first_number is its first.
-- Unlike a slot it is on the disk before anybody uses it: a number that was lost would be given twice. A block
-- whose commit nobody heard of leaves a gap.
CREATE OR REPLACE FUNCTION take_numbers(p_bank text, p_count bigint) RETURNS TABLE (first_number bigint)
LANGUAGE plpgsql AS $$
DECLARE
    v_clock timestamptz := clock_timestamp();
BEGIN
    INSERT INTO bank_lanes AS b (bank, lane, next_free, next_number) VALUES (p_bank, 'money', v_clock, 1 + p_count)
    ON CONFLICT (bank, lane) DO UPDATE SET next_number = b.next_number + p_count
    RETURNING b.next_number - p_count INTO first_number;
    RETURN NEXT;
END $$;
