-- Guards of PostgreSQL. They refuse, they never compute; the sentences are read by people.
CREATE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION guard_journal_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE sums record;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.posted_at IS NOT NULL THEN
      RAISE EXCEPTION 'A journal entry is inserted as a draft, and posted by an update.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.posted_at IS NOT NULL THEN
    RAISE EXCEPTION 'A posted journal entry is final: reverse it.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF NEW.posted_at IS NOT NULL THEN
    IF NEW.number IS NULL OR length(NEW.hash) <> 64 THEN
      RAISE EXCEPTION 'A journal entry needs its number and its hash to be posted.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT count(*) AS lines, sum(debit) AS debit, sum(credit) AS credit, sum(currency_debit) AS currency_debit,
           sum(currency_credit) AS currency_credit INTO sums FROM journal_line WHERE entry_id = NEW.id;
    IF sums.lines = 0 THEN
      RAISE EXCEPTION 'A journal entry without lines cannot be posted.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF sums.debit <> sums.credit OR sums.currency_debit <> sums.currency_credit THEN
      RAISE EXCEPTION 'The debits and credits of this journal entry differ.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM period WHERE first_day <= NEW.entry_date AND last_day >= NEW.entry_date
                   AND fiscal_year_id = NEW.fiscal_year_id AND closed_at IS NULL) THEN
      RAISE EXCEPTION 'The period of this journal entry is closed.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_journal_entry_row BEFORE INSERT OR UPDATE OR DELETE ON journal_entry FOR EACH ROW EXECUTE FUNCTION guard_journal_entry();
CREATE TRIGGER guard_journal_entry_truncate BEFORE TRUNCATE ON journal_entry FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A posted journal entry is final: reverse it.');

CREATE FUNCTION guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'draft' THEN
      RAISE EXCEPTION 'An invoice is inserted as a draft, and posted by an update.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' THEN
    IF OLD.state <> 'draft' THEN
      RAISE EXCEPTION 'A posted invoice is final: withdraw or credit it.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.state = 'draft' THEN
    IF NEW.state = 'draft' THEN
      RETURN NEW;
    END IF;
    IF NEW.state <> 'posted' THEN
      RAISE EXCEPTION 'A draft is posted before it can be withdrawn.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.number IS NULL OR NEW.number_series IS NULL OR NEW.number_period IS NULL OR NEW.number_counter IS NULL
       OR NEW.invoice_date IS NULL OR NOT EXISTS (
        SELECT 1 FROM journal_entry WHERE id = NEW.entry_id AND posted_at IS NOT NULL AND issues_document
          AND source_kind = 'invoice' AND source_id = NEW.id) THEN
      RAISE EXCEPTION 'An invoice is posted with its number and its own posted journal entry.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM invoice_line WHERE invoice_id = NEW.id) THEN
      RAISE EXCEPTION 'An invoice without lines cannot be posted.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NOT (OLD.state = 'posted' AND NEW.state = 'withdrawn' AND to_jsonb(NEW) - 'state' = to_jsonb(OLD) - 'state') THEN
    RAISE EXCEPTION 'A posted invoice is final: withdraw or credit it.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM journal_entry WHERE reverses_id = OLD.entry_id AND posted_at IS NOT NULL) THEN
    RAISE EXCEPTION 'An invoice is withdrawn only after its journal entry has been reversed.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM invoice WHERE state = 'posted' AND number_series = OLD.number_series
             AND number_period = OLD.number_period AND number_counter > OLD.number_counter) THEN
    RAISE EXCEPTION 'Only the last invoice of its series can be withdrawn.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_invoice_row BEFORE INSERT OR UPDATE OR DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION guard_invoice();
CREATE TRIGGER guard_invoice_truncate BEFORE TRUNCATE ON invoice FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A posted invoice is final: withdraw or credit it.');

CREATE FUNCTION guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.entry_id IS NULL THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  IF TG_OP = 'DELETE' OR OLD.undone_entry_id IS NOT NULL OR NEW.undone_entry_id IS NULL
     OR to_jsonb(NEW) - ARRAY['undone_entry_id', 'undone_at', 'undone_by_id']
        <> to_jsonb(OLD) - ARRAY['undone_entry_id', 'undone_at', 'undone_by_id'] THEN
    RAISE EXCEPTION 'A registered payment is final: undo it.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM journal_entry WHERE id = NEW.undone_entry_id AND reverses_id = OLD.entry_id AND posted_at IS NOT NULL) THEN
    RAISE EXCEPTION 'A payment is undone only after its journal entry has been reversed.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_payment_row BEFORE UPDATE OR DELETE ON payment FOR EACH ROW EXECUTE FUNCTION guard_payment();
CREATE TRIGGER guard_payment_truncate BEFORE TRUNCATE ON payment FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A registered payment is final: undo it.');

CREATE FUNCTION guard_write_off() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.entry_id IS NOT NULL THEN
      RAISE EXCEPTION 'A write-off is inserted first, and made final by its journal entry.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.entry_id IS NULL THEN
    IF TG_OP = 'DELETE' THEN
      RETURN OLD;
    END IF;
    IF NEW.entry_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM journal_entry WHERE id = NEW.entry_id AND posted_at IS NOT NULL
        AND source_kind = 'write_off' AND source_id = NEW.id) THEN
      RAISE EXCEPTION 'A write-off is made final by its own posted journal entry.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' OR OLD.undone_entry_id IS NOT NULL OR NEW.undone_entry_id IS NULL
     OR to_jsonb(NEW) - ARRAY['undone_entry_id', 'undone_at', 'undone_by_id']
        <> to_jsonb(OLD) - ARRAY['undone_entry_id', 'undone_at', 'undone_by_id'] THEN
    RAISE EXCEPTION 'A write-off is final: undo it.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM journal_entry WHERE id = NEW.undone_entry_id AND reverses_id = OLD.entry_id AND posted_at IS NOT NULL) THEN
    RAISE EXCEPTION 'A write-off is undone only after its journal entry has been reversed.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_write_off_row BEFORE INSERT OR UPDATE OR DELETE ON write_off FOR EACH ROW EXECUTE FUNCTION guard_write_off();
CREATE TRIGGER guard_write_off_truncate BEFORE TRUNCATE ON write_off FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A write-off is final: undo it.');

CREATE FUNCTION guard_claimed_cost() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.entry_id IS NOT NULL THEN
      RAISE EXCEPTION 'A claimed cost is inserted first, and made final by its journal entry.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.entry_id IS NULL THEN
    IF TG_OP = 'DELETE' THEN
      RETURN OLD;
    END IF;
    IF NEW.entry_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM journal_entry WHERE id = NEW.entry_id AND posted_at IS NOT NULL
        AND source_kind = 'claimed_cost' AND source_id = NEW.id) THEN
      RAISE EXCEPTION 'A claimed cost is made final by its own posted journal entry.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' OR OLD.undone_entry_id IS NOT NULL OR NEW.undone_entry_id IS NULL
     OR to_jsonb(NEW) - ARRAY['undone_entry_id', 'undone_at', 'undone_by_id']
        <> to_jsonb(OLD) - ARRAY['undone_entry_id', 'undone_at', 'undone_by_id'] THEN
    RAISE EXCEPTION 'A claimed cost is final: waive it.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM journal_entry WHERE id = NEW.undone_entry_id AND reverses_id = OLD.entry_id AND posted_at IS NOT NULL) THEN
    RAISE EXCEPTION 'A claimed cost is waived only after its journal entry has been reversed.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_claimed_cost_row BEFORE INSERT OR UPDATE OR DELETE ON claimed_cost FOR EACH ROW EXECUTE FUNCTION guard_claimed_cost();
CREATE TRIGGER guard_claimed_cost_truncate BEFORE TRUNCATE ON claimed_cost FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A claimed cost is final: waive it.');

CREATE FUNCTION guard_taken_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.entry_id IS NOT NULL THEN
      RAISE EXCEPTION 'A document taken over is inserted first, and made final by its journal entry.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.entry_id IS NULL THEN
    IF TG_OP = 'DELETE' THEN
      RETURN OLD;
    END IF;
    IF NEW.entry_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM journal_entry WHERE id = NEW.entry_id AND posted_at IS NOT NULL
        AND source_kind = 'taken_over' AND source_id = NEW.id) THEN
      RAISE EXCEPTION 'A document taken over is made final by its own posted journal entry.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' OR OLD.undone_entry_id IS NOT NULL OR NEW.undone_entry_id IS NULL
     OR to_jsonb(NEW) - ARRAY['undone_entry_id', 'undone_at', 'undone_by_id']
        <> to_jsonb(OLD) - ARRAY['undone_entry_id', 'undone_at', 'undone_by_id'] THEN
    RAISE EXCEPTION 'A document taken over is final: undo its import or credit it.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM journal_entry WHERE id = NEW.undone_entry_id AND reverses_id = OLD.entry_id AND posted_at IS NOT NULL) THEN
    RAISE EXCEPTION 'A document taken over is undone only after its journal entry has been reversed.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_taken_over_row BEFORE INSERT OR UPDATE OR DELETE ON taken_over FOR EACH ROW EXECUTE FUNCTION guard_taken_over();
CREATE TRIGGER guard_taken_over_truncate BEFORE TRUNCATE ON taken_over FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A document taken over is final: undo its import or credit it.');

CREATE FUNCTION guard_work_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT OLD.is_final THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  IF TG_OP = 'DELETE' OR OLD.released_at IS NOT NULL OR NEW.released_at IS NULL
     OR to_jsonb(NEW) - 'released_at' <> to_jsonb(OLD) - 'released_at' THEN
    RAISE EXCEPTION 'The claim of a posted bill is final: credit the bill to release the work.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_work_claim_row BEFORE UPDATE OR DELETE ON work_claim FOR EACH ROW EXECUTE FUNCTION guard_work_claim();
CREATE TRIGGER guard_work_claim_truncate BEFORE TRUNCATE ON work_claim FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('The claim of a posted bill is final: credit the bill to release the work.');

CREATE FUNCTION guard_journal_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_parent bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.entry_id ELSE OLD.entry_id END;
  new_parent bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.entry_id ELSE NEW.entry_id END;
  is_final boolean;
BEGIN
  -- FOR SHARE waits for whoever is posting the parent at this moment, and then sees it posted.
  FOR is_final IN SELECT parent.posted_at IS NOT NULL FROM journal_entry AS parent
    WHERE parent.id IN (old_parent, new_parent) ORDER BY parent.id FOR SHARE
  LOOP
    IF is_final THEN
      RAISE EXCEPTION 'A line of a posted journal entry is final.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER guard_journal_line_row BEFORE INSERT OR UPDATE OR DELETE ON journal_line FOR EACH ROW EXECUTE FUNCTION guard_journal_line();
CREATE TRIGGER guard_journal_line_truncate BEFORE TRUNCATE ON journal_line FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A line of a posted journal entry is final.');

CREATE FUNCTION guard_item_movement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_parent bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.entry_id ELSE OLD.entry_id END;
  new_parent bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.entry_id ELSE NEW.entry_id END;
  is_final boolean;
BEGIN
  -- FOR SHARE waits for whoever is posting the parent at this moment, and then sees it posted.
  FOR is_final IN SELECT parent.posted_at IS NOT NULL FROM journal_entry AS parent
    WHERE parent.id IN (old_parent, new_parent) ORDER BY parent.id FOR SHARE
  LOOP
    IF is_final THEN
      RAISE EXCEPTION 'A movement of a posted journal entry is final.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER guard_item_movement_row BEFORE INSERT OR UPDATE OR DELETE ON item_movement FOR EACH ROW EXECUTE FUNCTION guard_item_movement();
CREATE TRIGGER guard_item_movement_truncate BEFORE TRUNCATE ON item_movement FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A movement of a posted journal entry is final.');

CREATE FUNCTION guard_invoice_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_parent bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.invoice_id ELSE OLD.invoice_id END;
  new_parent bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.invoice_id ELSE NEW.invoice_id END;
  is_final boolean;
BEGIN
  -- FOR SHARE waits for whoever is posting the parent at this moment, and then sees it posted.
  FOR is_final IN SELECT parent.state <> 'draft' FROM invoice AS parent
    WHERE parent.id IN (old_parent, new_parent) ORDER BY parent.id FOR SHARE
  LOOP
    IF is_final THEN
      RAISE EXCEPTION 'A line of a posted invoice is final: withdraw or credit it.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER guard_invoice_line_row BEFORE INSERT OR UPDATE OR DELETE ON invoice_line FOR EACH ROW EXECUTE FUNCTION guard_invoice_line();
CREATE TRIGGER guard_invoice_line_truncate BEFORE TRUNCATE ON invoice_line FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A line of a posted invoice is final: withdraw or credit it.');

CREATE FUNCTION guard_invoice_tax() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_parent bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.invoice_id ELSE OLD.invoice_id END;
  new_parent bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.invoice_id ELSE NEW.invoice_id END;
  is_final boolean;
BEGIN
  -- FOR SHARE waits for whoever is posting the parent at this moment, and then sees it posted.
  FOR is_final IN SELECT parent.state <> 'draft' FROM invoice AS parent
    WHERE parent.id IN (old_parent, new_parent) ORDER BY parent.id FOR SHARE
  LOOP
    IF is_final THEN
      RAISE EXCEPTION 'The VAT of a posted invoice is final: withdraw or credit it.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER guard_invoice_tax_row BEFORE INSERT OR UPDATE OR DELETE ON invoice_tax FOR EACH ROW EXECUTE FUNCTION guard_invoice_tax();
CREATE TRIGGER guard_invoice_tax_truncate BEFORE TRUNCATE ON invoice_tax FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('The VAT of a posted invoice is final: withdraw or credit it.');

CREATE FUNCTION guard_payment_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_parent bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.payment_id ELSE OLD.payment_id END;
  new_parent bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.payment_id ELSE NEW.payment_id END;
  is_final boolean;
BEGIN
  -- FOR SHARE waits for whoever is posting the parent at this moment, and then sees it posted.
  FOR is_final IN SELECT parent.entry_id IS NOT NULL FROM payment AS parent
    WHERE parent.id IN (old_parent, new_parent) ORDER BY parent.id FOR SHARE
  LOOP
    IF is_final THEN
      RAISE EXCEPTION 'A registered payment is final: undo it.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER guard_payment_part_row BEFORE INSERT OR UPDATE OR DELETE ON payment_part FOR EACH ROW EXECUTE FUNCTION guard_payment_part();
CREATE TRIGGER guard_payment_part_truncate BEFORE TRUNCATE ON payment_part FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A registered payment is final: undo it.');

CREATE TRIGGER guard_printed_facts_row BEFORE UPDATE OR DELETE ON printed_facts FOR EACH ROW EXECUTE FUNCTION guard_refuse('What was printed on a posted document is final.');
CREATE TRIGGER guard_printed_facts_truncate BEFORE TRUNCATE ON printed_facts FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('What was printed on a posted document is final.');

CREATE TRIGGER guard_frozen_pdf_row BEFORE UPDATE OR DELETE ON frozen_pdf FOR EACH ROW EXECUTE FUNCTION guard_refuse('The PDF of a posted document is final.');
CREATE TRIGGER guard_frozen_pdf_truncate BEFORE TRUNCATE ON frozen_pdf FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('The PDF of a posted document is final.');

CREATE TRIGGER guard_audit_change_row BEFORE UPDATE OR DELETE ON audit_change FOR EACH ROW EXECUTE FUNCTION guard_refuse('The audit trail is only added to.');
CREATE TRIGGER guard_audit_change_truncate BEFORE TRUNCATE ON audit_change FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('The audit trail is only added to.');

CREATE TRIGGER guard_timeline_note_row BEFORE UPDATE OR DELETE ON timeline_note FOR EACH ROW EXECUTE FUNCTION guard_refuse('The timeline is only added to.');
CREATE TRIGGER guard_timeline_note_truncate BEFORE TRUNCATE ON timeline_note FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('The timeline is only added to.');

CREATE FUNCTION guard_quote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'signed' THEN
      RAISE EXCEPTION 'A quote is inserted as created, and signed by an update.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state = 'signed' THEN
    RAISE EXCEPTION 'A signed quote is final: make a copy.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF NEW.state = 'signed' AND (OLD.state <> 'sent' OR NOT EXISTS (SELECT 1 FROM quote_signature WHERE quote_id = NEW.id)) THEN
    RAISE EXCEPTION 'Only a quote that was sent is signed, and who signed is known.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_quote_row BEFORE INSERT OR UPDATE OR DELETE ON quote FOR EACH ROW EXECUTE FUNCTION guard_quote();
CREATE TRIGGER guard_quote_truncate BEFORE TRUNCATE ON quote FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A signed quote is final: make a copy.');

CREATE FUNCTION guard_quote_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND EXISTS (SELECT 1 FROM quote WHERE id = OLD.quote_id AND state = 'signed') THEN
    RAISE EXCEPTION 'A line of a signed quote is final.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF EXISTS (SELECT 1 FROM quote WHERE id = NEW.quote_id AND state = 'signed') THEN
    RAISE EXCEPTION 'A line of a signed quote is final.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_quote_line_row BEFORE INSERT OR UPDATE OR DELETE ON quote_line FOR EACH ROW EXECUTE FUNCTION guard_quote_line();
CREATE TRIGGER guard_quote_line_truncate BEFORE TRUNCATE ON quote_line FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A line of a signed quote is final.');

CREATE TRIGGER guard_quote_signature_row BEFORE UPDATE OR DELETE ON quote_signature FOR EACH ROW EXECUTE FUNCTION guard_refuse('A signature is final.');
CREATE TRIGGER guard_quote_signature_truncate BEFORE TRUNCATE ON quote_signature FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('A signature is final.');
