-- Guards of SQLite. They refuse, they never compute; the sentences are read by people.
-- BEFORE INSERT also refuses what would replace a final row: with default pragmas REPLACE fires no delete trigger.
-- No BEFORE UPDATE names columns (UPDATE OF id): writing `rowid`, another name of the id, would not fire it.

CREATE TRIGGER guard_journal_entry_insert BEFORE INSERT ON journal_entry
BEGIN
  SELECT RAISE(ABORT, 'A journal entry is inserted as a draft, and posted by an update.') WHERE NEW.posted_at IS NOT NULL;
  SELECT RAISE(ABORT, 'A posted journal entry is final: reverse it.') WHERE EXISTS (
    SELECT 1 FROM journal_entry WHERE posted_at IS NOT NULL AND id = NEW.id
    UNION ALL SELECT 1 FROM journal_entry WHERE posted_at IS NOT NULL AND reverses_id = NEW.reverses_id
    UNION ALL SELECT 1 FROM journal_entry WHERE posted_at IS NOT NULL
      AND journal = NEW.journal AND fiscal_year_id = NEW.fiscal_year_id AND number = NEW.number);
END;
CREATE TRIGGER guard_journal_entry_update BEFORE UPDATE ON journal_entry WHEN OLD.posted_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A posted journal entry is final: reverse it.');
END;
CREATE TRIGGER guard_journal_entry_move BEFORE UPDATE ON journal_entry
WHEN OLD.posted_at IS NULL
BEGIN
  SELECT RAISE(ABORT, 'A posted journal entry is final: reverse it.') WHERE EXISTS (
    SELECT 1 FROM journal_entry WHERE posted_at IS NOT NULL AND id = NEW.id
    UNION ALL SELECT 1 FROM journal_entry WHERE posted_at IS NOT NULL AND reverses_id = NEW.reverses_id
    UNION ALL SELECT 1 FROM journal_entry WHERE posted_at IS NOT NULL
      AND journal = NEW.journal AND fiscal_year_id = NEW.fiscal_year_id AND number = NEW.number);
END;
CREATE TRIGGER guard_journal_entry_delete BEFORE DELETE ON journal_entry WHEN OLD.posted_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A posted journal entry is final: reverse it.');
END;
CREATE TRIGGER guard_journal_entry_post BEFORE UPDATE ON journal_entry WHEN OLD.posted_at IS NULL AND NEW.posted_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A journal entry needs its number and its hash to be posted.') WHERE NEW.number IS NULL OR length(NEW.hash) <> 64;
  SELECT RAISE(ABORT, 'A journal entry without lines cannot be posted.')
    WHERE NOT EXISTS (SELECT 1 FROM journal_line WHERE entry_id = NEW.id);
  SELECT RAISE(ABORT, 'The amounts of this journal entry are no whole cents.') WHERE EXISTS (
    SELECT 1 FROM journal_line WHERE entry_id = NEW.id AND (typeof(debit) <> 'integer' OR typeof(credit) <> 'integer'
      OR typeof(currency_debit) <> 'integer' OR typeof(currency_credit) <> 'integer'));
  SELECT RAISE(ABORT, 'The debits and credits of this journal entry differ.') WHERE EXISTS (
    SELECT 1 FROM journal_line WHERE entry_id = NEW.id GROUP BY entry_id
    HAVING SUM(debit) <> SUM(credit) OR SUM(currency_debit) <> SUM(currency_credit));
  SELECT RAISE(ABORT, 'The period of this journal entry is closed.') WHERE NOT EXISTS (
    SELECT 1 FROM period WHERE first_day <= NEW.entry_date AND last_day >= NEW.entry_date
      AND fiscal_year_id = NEW.fiscal_year_id AND closed_at IS NULL);
END;

CREATE TRIGGER guard_invoice_insert BEFORE INSERT ON invoice
BEGIN
  SELECT RAISE(ABORT, 'An invoice is inserted as a draft, and posted by an update.') WHERE NEW.state <> 'draft';
  SELECT RAISE(ABORT, 'A posted invoice is final: withdraw or credit it.') WHERE EXISTS (
    SELECT 1 FROM invoice WHERE id = NEW.id AND state <> 'draft'
    UNION ALL SELECT 1 FROM invoice WHERE entry_id = NEW.entry_id AND state <> 'draft');
END;
CREATE TRIGGER guard_invoice_move BEFORE UPDATE ON invoice
WHEN OLD.state = 'draft'
BEGIN
  SELECT RAISE(ABORT, 'A posted invoice is final: withdraw or credit it.') WHERE EXISTS (
    SELECT 1 FROM invoice WHERE id = NEW.id AND state <> 'draft'
    UNION ALL SELECT 1 FROM invoice WHERE entry_id = NEW.entry_id AND id <> OLD.id
    UNION ALL SELECT 1 FROM invoice WHERE NEW.state = 'posted' AND state = 'posted' AND id <> OLD.id
      AND number_series = NEW.number_series AND number_period = NEW.number_period AND number_counter = NEW.number_counter);
END;
CREATE TRIGGER guard_invoice_delete BEFORE DELETE ON invoice WHEN OLD.state <> 'draft'
BEGIN
  SELECT RAISE(ABORT, 'A posted invoice is final: withdraw or credit it.');
END;
CREATE TRIGGER guard_invoice_post BEFORE UPDATE ON invoice WHEN OLD.state = 'draft' AND NEW.state <> 'draft'
BEGIN
  SELECT RAISE(ABORT, 'A draft is posted before it can be withdrawn.') WHERE NEW.state <> 'posted';
  SELECT RAISE(ABORT, 'An invoice is posted with its number and its own posted journal entry.') WHERE NEW.number IS NULL
    OR NEW.number_series IS NULL OR NEW.number_period IS NULL OR NEW.number_counter IS NULL
    OR NEW.invoice_date IS NULL OR NOT EXISTS (
      SELECT 1 FROM journal_entry WHERE id = NEW.entry_id AND posted_at IS NOT NULL AND issues_document
        AND source_kind = 'invoice' AND source_id = NEW.id);
  SELECT RAISE(ABORT, 'An invoice without lines cannot be posted.') WHERE NOT EXISTS (
    SELECT 1 FROM invoice_line WHERE invoice_id = NEW.id);
END;
CREATE TRIGGER guard_invoice_update BEFORE UPDATE ON invoice WHEN OLD.state <> 'draft'
BEGIN
  SELECT RAISE(ABORT, 'A posted invoice is final: withdraw or credit it.') WHERE NOT (
    OLD.state = 'posted' AND NEW.state = 'withdrawn' AND
    NEW.id IS OLD.id AND NEW.kind IS OLD.kind AND NEW.customer_id IS OLD.customer_id AND NEW.site_id IS OLD.site_id AND
    NEW.corrects_id IS OLD.corrects_id AND NEW.corrects_taken_over_id IS OLD.corrects_taken_over_id AND
    NEW.corrects_number IS OLD.corrects_number AND NEW.corrects_date IS OLD.corrects_date AND NEW.client_name IS OLD.client_name AND NEW.client_attention IS OLD.client_attention AND
    NEW.client_vat_number IS OLD.client_vat_number AND NEW.billing_address IS OLD.billing_address AND
    NEW.delivery_address IS OLD.delivery_address AND NEW.site_address IS OLD.site_address AND NEW.site_name IS OLD.site_name AND
    NEW.number IS OLD.number AND NEW.number_series IS OLD.number_series AND NEW.number_period IS OLD.number_period AND
    NEW.number_counter IS OLD.number_counter AND NEW.reference IS OLD.reference AND NEW.invoice_date IS OLD.invoice_date AND
    NEW.delivery_date IS OLD.delivery_date AND NEW.days_due IS OLD.days_due AND NEW.due_date IS OLD.due_date AND
    NEW.discount_percentage IS OLD.discount_percentage AND NEW.cash_discount_percentage IS OLD.cash_discount_percentage AND
    NEW.cash_discount_days_valid IS OLD.cash_discount_days_valid AND NEW.cash_discount_date_valid IS OLD.cash_discount_date_valid AND
    NEW.cash_discount_mode IS OLD.cash_discount_mode AND NEW.currency IS OLD.currency AND NEW.exchange_rate IS OLD.exchange_rate AND
    NEW.language IS OLD.language AND NEW.tax_calculation IS OLD.tax_calculation AND NEW.tax_included IS OLD.tax_included AND
    NEW.tax_rate_1 IS OLD.tax_rate_1 AND NEW.tax_rate_2 IS OLD.tax_rate_2 AND NEW.tax_rate_3 IS OLD.tax_rate_3 AND NEW.note IS OLD.note AND
    NEW.note_html IS OLD.note_html AND NEW.show_tax_for_exchange_rate IS OLD.show_tax_for_exchange_rate AND
    NEW.custom_values IS OLD.custom_values AND NEW.layout_id IS OLD.layout_id AND
    NEW.late_interest_rate_id IS OLD.late_interest_rate_id AND NEW.without_co_contractor IS OLD.without_co_contractor AND
    NEW.sales_order_id IS OLD.sales_order_id AND NEW.is_deposit IS OLD.is_deposit AND NEW.deposit_percentage IS OLD.deposit_percentage AND
    NEW.structured_message IS OLD.structured_message AND NEW.bank_account_id IS OLD.bank_account_id AND
    NEW.total_without_tax IS OLD.total_without_tax AND NEW.total_tax IS OLD.total_tax AND NEW.total_with_tax IS OLD.total_with_tax AND
    NEW.discount_total_without_tax IS OLD.discount_total_without_tax AND NEW.discount_total_with_tax IS OLD.discount_total_with_tax AND
    NEW.cash_discount_total IS OLD.cash_discount_total AND NEW.total_refundable_deposit IS OLD.total_refundable_deposit AND
    NEW.releases_work IS OLD.releases_work AND NEW.entry_id IS OLD.entry_id AND NEW.posted_at IS OLD.posted_at AND
    NEW.posted_by_id IS OLD.posted_by_id AND NEW.created_by_id IS OLD.created_by_id AND NEW.created_at IS OLD.created_at AND
    NEW.version IS OLD.version);
  SELECT RAISE(ABORT, 'An invoice is withdrawn only after its journal entry has been reversed.') WHERE NOT EXISTS (
    SELECT 1 FROM journal_entry WHERE reverses_id = OLD.entry_id AND posted_at IS NOT NULL);
  SELECT RAISE(ABORT, 'Only the last invoice of its series can be withdrawn.') WHERE EXISTS (
    SELECT 1 FROM invoice WHERE state = 'posted' AND number_series = OLD.number_series
      AND number_period = OLD.number_period AND number_counter > OLD.number_counter);
END;

CREATE TRIGGER guard_payment_insert BEFORE INSERT ON payment
BEGIN
  SELECT RAISE(ABORT, 'A registered payment is final: undo it.') WHERE EXISTS (
    SELECT 1 FROM payment WHERE id = NEW.id AND entry_id IS NOT NULL
    UNION ALL SELECT 1 FROM payment WHERE entry_id = NEW.entry_id OR undone_entry_id = NEW.undone_entry_id);
END;
CREATE TRIGGER guard_payment_move BEFORE UPDATE ON payment
BEGIN
  SELECT RAISE(ABORT, 'A registered payment is final: undo it.') WHERE EXISTS (
    SELECT 1 FROM payment WHERE id <> OLD.id AND (id = NEW.id OR entry_id = NEW.entry_id OR undone_entry_id = NEW.undone_entry_id));
END;
CREATE TRIGGER guard_payment_delete BEFORE DELETE ON payment WHEN OLD.entry_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A registered payment is final: undo it.');
END;
CREATE TRIGGER guard_payment_update BEFORE UPDATE ON payment WHEN OLD.entry_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A registered payment is final: undo it.') WHERE NOT (
    OLD.undone_entry_id IS NULL AND NEW.undone_entry_id IS NOT NULL AND
    NEW.id IS OLD.id AND NEW.kind IS OLD.kind AND NEW.customer_id IS OLD.customer_id AND NEW.paid_on IS OLD.paid_on AND
    NEW.amount IS OLD.amount AND NEW.currency IS OLD.currency AND NEW.amount_eur IS OLD.amount_eur AND NEW.method IS OLD.method AND
    NEW.description IS OLD.description AND NEW.bank_account_id IS OLD.bank_account_id AND NEW.entry_id IS OLD.entry_id AND
    NEW.registered_by_id IS OLD.registered_by_id AND NEW.registered_at IS OLD.registered_at);
  SELECT RAISE(ABORT, 'A payment is undone only after its journal entry has been reversed.') WHERE NOT EXISTS (
    SELECT 1 FROM journal_entry WHERE id = NEW.undone_entry_id AND reverses_id = OLD.entry_id AND posted_at IS NOT NULL);
END;

CREATE TRIGGER guard_write_off_insert BEFORE INSERT ON write_off
BEGIN
  SELECT RAISE(ABORT, 'A write-off is inserted first, and made final by its journal entry.') WHERE NEW.entry_id IS NOT NULL;
  SELECT RAISE(ABORT, 'A write-off is final: undo it.') WHERE EXISTS (
    SELECT 1 FROM write_off WHERE id = NEW.id AND entry_id IS NOT NULL
    UNION ALL SELECT 1 FROM write_off WHERE undone_entry_id = NEW.undone_entry_id);
END;
CREATE TRIGGER guard_write_off_move BEFORE UPDATE ON write_off
BEGIN
  SELECT RAISE(ABORT, 'A write-off is final: undo it.') WHERE EXISTS (
    SELECT 1 FROM write_off WHERE id <> OLD.id AND (id = NEW.id OR entry_id = NEW.entry_id OR undone_entry_id = NEW.undone_entry_id));
END;
CREATE TRIGGER guard_write_off_post BEFORE UPDATE ON write_off WHEN OLD.entry_id IS NULL AND NEW.entry_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A write-off is made final by its own posted journal entry.') WHERE NOT EXISTS (
    SELECT 1 FROM journal_entry WHERE id = NEW.entry_id AND posted_at IS NOT NULL AND source_kind = 'write_off' AND source_id = NEW.id);
END;
CREATE TRIGGER guard_write_off_delete BEFORE DELETE ON write_off WHEN OLD.entry_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A write-off is final: undo it.');
END;
CREATE TRIGGER guard_write_off_update BEFORE UPDATE ON write_off WHEN OLD.entry_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A write-off is final: undo it.') WHERE NOT (
    OLD.undone_entry_id IS NULL AND NEW.undone_entry_id IS NOT NULL AND
    NEW.id IS OLD.id AND NEW.open_item_id IS OLD.open_item_id AND NEW.customer_id IS OLD.customer_id AND
    NEW.written_off_on IS OLD.written_off_on AND NEW.currency IS OLD.currency AND NEW.amount IS OLD.amount AND
    NEW.amount_eur IS OLD.amount_eur AND NEW.reclaims_tax IS OLD.reclaims_tax AND NEW.tax IS OLD.tax AND NEW.tax_eur IS OLD.tax_eur AND
    NEW.reason IS OLD.reason AND NEW.entry_id IS OLD.entry_id AND NEW.registered_by_id IS OLD.registered_by_id AND
    NEW.registered_at IS OLD.registered_at);
  SELECT RAISE(ABORT, 'A write-off is undone only after its journal entry has been reversed.') WHERE NOT EXISTS (
    SELECT 1 FROM journal_entry WHERE id = NEW.undone_entry_id AND reverses_id = OLD.entry_id AND posted_at IS NOT NULL);
END;

CREATE TRIGGER guard_claimed_cost_insert BEFORE INSERT ON claimed_cost
BEGIN
  SELECT RAISE(ABORT, 'A claimed cost is inserted first, and made final by its journal entry.') WHERE NEW.entry_id IS NOT NULL;
  SELECT RAISE(ABORT, 'A claimed cost is final: waive it.') WHERE EXISTS (
    SELECT 1 FROM claimed_cost WHERE id = NEW.id AND entry_id IS NOT NULL
    UNION ALL SELECT 1 FROM claimed_cost WHERE undone_entry_id = NEW.undone_entry_id
    UNION ALL SELECT 1 FROM claimed_cost WHERE entry_id IS NOT NULL AND again_of_id = NEW.again_of_id);
END;
CREATE TRIGGER guard_claimed_cost_move BEFORE UPDATE ON claimed_cost
BEGIN
  SELECT RAISE(ABORT, 'A claimed cost is final: waive it.') WHERE EXISTS (
    SELECT 1 FROM claimed_cost WHERE id <> OLD.id AND (id = NEW.id OR entry_id = NEW.entry_id OR undone_entry_id = NEW.undone_entry_id OR again_of_id = NEW.again_of_id));
END;
CREATE TRIGGER guard_claimed_cost_post BEFORE UPDATE ON claimed_cost WHEN OLD.entry_id IS NULL AND NEW.entry_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A claimed cost is made final by its own posted journal entry.') WHERE NOT EXISTS (
    SELECT 1 FROM journal_entry WHERE id = NEW.entry_id AND posted_at IS NOT NULL AND source_kind = 'claimed_cost' AND source_id = NEW.id);
END;
CREATE TRIGGER guard_claimed_cost_delete BEFORE DELETE ON claimed_cost WHEN OLD.entry_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A claimed cost is final: waive it.');
END;
CREATE TRIGGER guard_claimed_cost_update BEFORE UPDATE ON claimed_cost WHEN OLD.entry_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A claimed cost is final: waive it.') WHERE NOT (
    OLD.undone_entry_id IS NULL AND NEW.undone_entry_id IS NOT NULL AND
    NEW.id IS OLD.id AND NEW.invoice_id IS OLD.invoice_id AND NEW.amount IS OLD.amount AND NEW.description IS OLD.description AND
    NEW.claimed_on IS OLD.claimed_on AND NEW.entry_id IS OLD.entry_id AND NEW.claimed_by_id IS OLD.claimed_by_id AND
    NEW.claimed_at IS OLD.claimed_at AND NEW.again_of_id IS OLD.again_of_id);
  SELECT RAISE(ABORT, 'A claimed cost is waived only after its journal entry has been reversed.') WHERE NOT EXISTS (
    SELECT 1 FROM journal_entry WHERE id = NEW.undone_entry_id AND reverses_id = OLD.entry_id AND posted_at IS NOT NULL);
END;

CREATE TRIGGER guard_taken_over_insert BEFORE INSERT ON taken_over
BEGIN
  SELECT RAISE(ABORT, 'A document taken over is inserted first, and made final by its journal entry.') WHERE NEW.entry_id IS NOT NULL;
  SELECT RAISE(ABORT, 'A document taken over is final: undo its import or credit it.') WHERE EXISTS (
    SELECT 1 FROM taken_over WHERE id = NEW.id AND entry_id IS NOT NULL
    UNION ALL SELECT 1 FROM taken_over WHERE undone_entry_id = NEW.undone_entry_id
    UNION ALL SELECT 1 FROM taken_over WHERE entry_id IS NOT NULL AND undone_entry_id IS NULL AND NEW.undone_entry_id IS NULL
      AND customer_id = NEW.customer_id AND number = NEW.number);
END;
CREATE TRIGGER guard_taken_over_move BEFORE UPDATE ON taken_over WHEN OLD.entry_id IS NULL
BEGIN
  SELECT RAISE(ABORT, 'A document taken over is final: undo its import or credit it.') WHERE EXISTS (
    SELECT 1 FROM taken_over WHERE id <> OLD.id AND entry_id IS NOT NULL AND (id = NEW.id OR entry_id = NEW.entry_id
      OR undone_entry_id = NEW.undone_entry_id OR (undone_entry_id IS NULL AND NEW.undone_entry_id IS NULL
      AND customer_id = NEW.customer_id AND number = NEW.number)));
  SELECT RAISE(ABORT, 'A document taken over is made final by its own posted journal entry.') WHERE NEW.entry_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM journal_entry WHERE id = NEW.entry_id AND posted_at IS NOT NULL
      AND source_kind = 'taken_over' AND source_id = NEW.id);
END;
CREATE TRIGGER guard_taken_over_delete BEFORE DELETE ON taken_over WHEN OLD.entry_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A document taken over is final: undo its import or credit it.');
END;
CREATE TRIGGER guard_taken_over_update BEFORE UPDATE ON taken_over WHEN OLD.entry_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'A document taken over is final: undo its import or credit it.') WHERE NOT (
    OLD.undone_entry_id IS NULL AND NEW.undone_entry_id IS NOT NULL AND
    NEW.id IS OLD.id AND NEW.import_id IS OLD.import_id AND NEW.customer_id IS OLD.customer_id AND NEW.number IS OLD.number AND
    NEW.document_date IS OLD.document_date AND NEW.due_date IS OLD.due_date AND NEW.taken_over_on IS OLD.taken_over_on AND
    NEW.currency IS OLD.currency AND NEW.exchange_rate IS OLD.exchange_rate AND NEW.total IS OLD.total AND NEW.due IS OLD.due AND
    NEW.reference IS OLD.reference AND NEW.structured_message IS OLD.structured_message AND NEW.entry_id IS OLD.entry_id AND
    NEW.created_by_id IS OLD.created_by_id AND NEW.created_at IS OLD.created_at);
  SELECT RAISE(ABORT, 'A document taken over is undone only after its journal entry has been reversed.') WHERE NOT EXISTS (
    SELECT 1 FROM journal_entry WHERE id = NEW.undone_entry_id AND reverses_id = OLD.entry_id AND posted_at IS NOT NULL);
END;

CREATE TRIGGER guard_work_claim_insert BEFORE INSERT ON work_claim
BEGIN
  SELECT RAISE(ABORT, 'The claim of a posted bill is final: credit the bill to release the work.') WHERE EXISTS (
    SELECT 1 FROM work_claim WHERE is_final AND id = NEW.id
    UNION ALL SELECT 1 FROM work_claim WHERE is_final AND released_at IS NULL AND time_entry_id = NEW.time_entry_id
    UNION ALL SELECT 1 FROM work_claim WHERE is_final AND released_at IS NULL AND part_used_id = NEW.part_used_id);
END;
CREATE TRIGGER guard_work_claim_move BEFORE UPDATE ON work_claim
BEGIN
  SELECT RAISE(ABORT, 'The claim of a posted bill is final: credit the bill to release the work.') WHERE EXISTS (
    SELECT 1 FROM work_claim WHERE is_final AND id = NEW.id AND id <> OLD.id
    UNION ALL SELECT 1 FROM work_claim WHERE is_final AND released_at IS NULL AND NEW.released_at IS NULL AND id <> OLD.id
      AND time_entry_id = NEW.time_entry_id
    UNION ALL SELECT 1 FROM work_claim WHERE is_final AND released_at IS NULL AND NEW.released_at IS NULL AND id <> OLD.id
      AND part_used_id = NEW.part_used_id);
END;
CREATE TRIGGER guard_work_claim_delete BEFORE DELETE ON work_claim WHEN OLD.is_final
BEGIN
  SELECT RAISE(ABORT, 'The claim of a posted bill is final: credit the bill to release the work.');
END;
CREATE TRIGGER guard_work_claim_update BEFORE UPDATE ON work_claim WHEN OLD.is_final
BEGIN
  SELECT RAISE(ABORT, 'The claim of a posted bill is final: credit the bill to release the work.') WHERE NOT (OLD.released_at IS NULL AND NEW.released_at IS NOT NULL AND
    NEW.id IS OLD.id AND NEW.service_order_id IS OLD.service_order_id AND NEW.time_entry_id IS OLD.time_entry_id AND
    NEW.part_used_id IS OLD.part_used_id AND NEW.bill_kind IS OLD.bill_kind AND NEW.bill_id IS OLD.bill_id AND
    NEW.bill_line_id IS OLD.bill_line_id AND NEW.is_final IS OLD.is_final);
END;

CREATE TRIGGER guard_journal_line_insert BEFORE INSERT ON journal_line
BEGIN
  SELECT RAISE(ABORT, 'A line of a posted journal entry is final.') WHERE EXISTS (
    SELECT 1 FROM journal_entry AS parent WHERE parent.id = NEW.entry_id AND parent.posted_at IS NOT NULL
    UNION ALL SELECT 1 FROM journal_line AS other JOIN journal_entry AS parent ON parent.id = other.entry_id WHERE parent.posted_at IS NOT NULL AND other.id = NEW.id
    UNION ALL SELECT 1 FROM journal_line AS other JOIN journal_entry AS parent ON parent.id = other.entry_id WHERE parent.posted_at IS NOT NULL AND other.entry_id = NEW.entry_id AND other.position = NEW.position);
END;
CREATE TRIGGER guard_journal_line_update BEFORE UPDATE ON journal_line
BEGIN
  SELECT RAISE(ABORT, 'A line of a posted journal entry is final.') WHERE EXISTS (
    SELECT 1 FROM journal_entry AS parent WHERE parent.id IN (OLD.entry_id, NEW.entry_id) AND parent.posted_at IS NOT NULL
    UNION ALL SELECT 1 FROM journal_line AS other JOIN journal_entry AS parent ON parent.id = other.entry_id WHERE parent.posted_at IS NOT NULL AND other.id = NEW.id
    UNION ALL SELECT 1 FROM journal_line AS other JOIN journal_entry AS parent ON parent.id = other.entry_id WHERE parent.posted_at IS NOT NULL AND other.entry_id = NEW.entry_id AND other.position = NEW.position);
END;
CREATE TRIGGER guard_journal_line_delete BEFORE DELETE ON journal_line
BEGIN
  SELECT RAISE(ABORT, 'A line of a posted journal entry is final.') WHERE EXISTS (
    SELECT 1 FROM journal_entry AS parent WHERE parent.id = OLD.entry_id AND parent.posted_at IS NOT NULL);
END;

CREATE TRIGGER guard_item_movement_insert BEFORE INSERT ON item_movement
BEGIN
  SELECT RAISE(ABORT, 'A movement of a posted journal entry is final.') WHERE EXISTS (
    SELECT 1 FROM journal_entry AS parent WHERE parent.id = NEW.entry_id AND parent.posted_at IS NOT NULL
    UNION ALL SELECT 1 FROM item_movement AS other JOIN journal_entry AS parent ON parent.id = other.entry_id WHERE parent.posted_at IS NOT NULL AND other.id = NEW.id);
END;
CREATE TRIGGER guard_item_movement_update BEFORE UPDATE ON item_movement
BEGIN
  SELECT RAISE(ABORT, 'A movement of a posted journal entry is final.') WHERE EXISTS (
    SELECT 1 FROM journal_entry AS parent WHERE parent.id IN (OLD.entry_id, NEW.entry_id) AND parent.posted_at IS NOT NULL
    UNION ALL SELECT 1 FROM item_movement AS other JOIN journal_entry AS parent ON parent.id = other.entry_id WHERE parent.posted_at IS NOT NULL AND other.id = NEW.id);
END;
CREATE TRIGGER guard_item_movement_delete BEFORE DELETE ON item_movement
BEGIN
  SELECT RAISE(ABORT, 'A movement of a posted journal entry is final.') WHERE EXISTS (
    SELECT 1 FROM journal_entry AS parent WHERE parent.id = OLD.entry_id AND parent.posted_at IS NOT NULL);
END;

CREATE TRIGGER guard_invoice_line_insert BEFORE INSERT ON invoice_line
BEGIN
  SELECT RAISE(ABORT, 'A line of a posted invoice is final: withdraw or credit it.') WHERE EXISTS (
    SELECT 1 FROM invoice AS parent WHERE parent.id = NEW.invoice_id AND parent.state <> 'draft'
    UNION ALL SELECT 1 FROM invoice_line AS other JOIN invoice AS parent ON parent.id = other.invoice_id WHERE parent.state <> 'draft' AND other.id = NEW.id
    UNION ALL SELECT 1 FROM invoice_line AS other JOIN invoice AS parent ON parent.id = other.invoice_id WHERE parent.state <> 'draft' AND other.invoice_id = NEW.invoice_id AND other.position = NEW.position);
END;
CREATE TRIGGER guard_invoice_line_update BEFORE UPDATE ON invoice_line
BEGIN
  SELECT RAISE(ABORT, 'A line of a posted invoice is final: withdraw or credit it.') WHERE EXISTS (
    SELECT 1 FROM invoice AS parent WHERE parent.id IN (OLD.invoice_id, NEW.invoice_id) AND parent.state <> 'draft'
    UNION ALL SELECT 1 FROM invoice_line AS other JOIN invoice AS parent ON parent.id = other.invoice_id WHERE parent.state <> 'draft' AND other.id = NEW.id
    UNION ALL SELECT 1 FROM invoice_line AS other JOIN invoice AS parent ON parent.id = other.invoice_id WHERE parent.state <> 'draft' AND other.invoice_id = NEW.invoice_id AND other.position = NEW.position);
END;
CREATE TRIGGER guard_invoice_line_delete BEFORE DELETE ON invoice_line
BEGIN
  SELECT RAISE(ABORT, 'A line of a posted invoice is final: withdraw or credit it.') WHERE EXISTS (
    SELECT 1 FROM invoice AS parent WHERE parent.id = OLD.invoice_id AND parent.state <> 'draft');
END;

CREATE TRIGGER guard_invoice_tax_insert BEFORE INSERT ON invoice_tax
BEGIN
  SELECT RAISE(ABORT, 'The VAT of a posted invoice is final: withdraw or credit it.') WHERE EXISTS (
    SELECT 1 FROM invoice AS parent WHERE parent.id = NEW.invoice_id AND parent.state <> 'draft'
    UNION ALL SELECT 1 FROM invoice_tax AS other JOIN invoice AS parent ON parent.id = other.invoice_id WHERE parent.state <> 'draft' AND other.id = NEW.id);
END;
CREATE TRIGGER guard_invoice_tax_update BEFORE UPDATE ON invoice_tax
BEGIN
  SELECT RAISE(ABORT, 'The VAT of a posted invoice is final: withdraw or credit it.') WHERE EXISTS (
    SELECT 1 FROM invoice AS parent WHERE parent.id IN (OLD.invoice_id, NEW.invoice_id) AND parent.state <> 'draft'
    UNION ALL SELECT 1 FROM invoice_tax AS other JOIN invoice AS parent ON parent.id = other.invoice_id WHERE parent.state <> 'draft' AND other.id = NEW.id);
END;
CREATE TRIGGER guard_invoice_tax_delete BEFORE DELETE ON invoice_tax
BEGIN
  SELECT RAISE(ABORT, 'The VAT of a posted invoice is final: withdraw or credit it.') WHERE EXISTS (
    SELECT 1 FROM invoice AS parent WHERE parent.id = OLD.invoice_id AND parent.state <> 'draft');
END;

CREATE TRIGGER guard_payment_part_insert BEFORE INSERT ON payment_part
BEGIN
  SELECT RAISE(ABORT, 'A registered payment is final: undo it.') WHERE EXISTS (
    SELECT 1 FROM payment AS parent WHERE parent.id = NEW.payment_id AND parent.entry_id IS NOT NULL
    UNION ALL SELECT 1 FROM payment_part AS other JOIN payment AS parent ON parent.id = other.payment_id WHERE parent.entry_id IS NOT NULL AND other.id = NEW.id);
END;
CREATE TRIGGER guard_payment_part_update BEFORE UPDATE ON payment_part
BEGIN
  SELECT RAISE(ABORT, 'A registered payment is final: undo it.') WHERE EXISTS (
    SELECT 1 FROM payment AS parent WHERE parent.id IN (OLD.payment_id, NEW.payment_id) AND parent.entry_id IS NOT NULL
    UNION ALL SELECT 1 FROM payment_part AS other JOIN payment AS parent ON parent.id = other.payment_id WHERE parent.entry_id IS NOT NULL AND other.id = NEW.id);
END;
CREATE TRIGGER guard_payment_part_delete BEFORE DELETE ON payment_part
BEGIN
  SELECT RAISE(ABORT, 'A registered payment is final: undo it.') WHERE EXISTS (
    SELECT 1 FROM payment AS parent WHERE parent.id = OLD.payment_id AND parent.entry_id IS NOT NULL);
END;

CREATE TRIGGER guard_printed_facts_insert BEFORE INSERT ON printed_facts
BEGIN
  SELECT RAISE(ABORT, 'What was printed on a posted document is final.') WHERE EXISTS (SELECT 1 FROM printed_facts WHERE id = NEW.id OR (document_kind = NEW.document_kind AND document_id = NEW.document_id));
END;
CREATE TRIGGER guard_printed_facts_update BEFORE UPDATE ON printed_facts
BEGIN
  SELECT RAISE(ABORT, 'What was printed on a posted document is final.');
END;
CREATE TRIGGER guard_printed_facts_delete BEFORE DELETE ON printed_facts
BEGIN
  SELECT RAISE(ABORT, 'What was printed on a posted document is final.');
END;

CREATE TRIGGER guard_frozen_pdf_insert BEFORE INSERT ON frozen_pdf
BEGIN
  SELECT RAISE(ABORT, 'The PDF of a posted document is final.') WHERE EXISTS (SELECT 1 FROM frozen_pdf WHERE id = NEW.id OR printed_facts_id = NEW.printed_facts_id);
END;
CREATE TRIGGER guard_frozen_pdf_update BEFORE UPDATE ON frozen_pdf
BEGIN
  SELECT RAISE(ABORT, 'The PDF of a posted document is final.');
END;
CREATE TRIGGER guard_frozen_pdf_delete BEFORE DELETE ON frozen_pdf
BEGIN
  SELECT RAISE(ABORT, 'The PDF of a posted document is final.');
END;

CREATE TRIGGER guard_audit_change_insert BEFORE INSERT ON audit_change
BEGIN
  SELECT RAISE(ABORT, 'The audit trail is only added to.') WHERE EXISTS (SELECT 1 FROM audit_change WHERE id = NEW.id);
END;
CREATE TRIGGER guard_audit_change_update BEFORE UPDATE ON audit_change
BEGIN
  SELECT RAISE(ABORT, 'The audit trail is only added to.');
END;
CREATE TRIGGER guard_audit_change_delete BEFORE DELETE ON audit_change
BEGIN
  SELECT RAISE(ABORT, 'The audit trail is only added to.');
END;

CREATE TRIGGER guard_timeline_note_insert BEFORE INSERT ON timeline_note
BEGIN
  SELECT RAISE(ABORT, 'The timeline is only added to.') WHERE EXISTS (SELECT 1 FROM timeline_note WHERE id = NEW.id);
END;
CREATE TRIGGER guard_timeline_note_update BEFORE UPDATE ON timeline_note
BEGIN
  SELECT RAISE(ABORT, 'The timeline is only added to.');
END;
CREATE TRIGGER guard_timeline_note_delete BEFORE DELETE ON timeline_note
BEGIN
  SELECT RAISE(ABORT, 'The timeline is only added to.');
END;

CREATE TRIGGER guard_quote_insert BEFORE INSERT ON quote
BEGIN
  SELECT RAISE(ABORT, 'A quote is inserted as created, and signed by an update.') WHERE NEW.state = 'signed';
  SELECT RAISE(ABORT, 'A signed quote is final: make a copy.') WHERE EXISTS (
    SELECT 1 FROM quote WHERE state = 'signed' AND (id = NEW.id OR sales_order_id = NEW.sales_order_id
      OR (number_series = NEW.number_series AND number_period = NEW.number_period AND number_counter = NEW.number_counter)));
END;
CREATE TRIGGER guard_quote_update BEFORE UPDATE ON quote
BEGIN
  SELECT RAISE(ABORT, 'A signed quote is final: make a copy.') WHERE OLD.state = 'signed' OR EXISTS (
    SELECT 1 FROM quote WHERE state = 'signed' AND id <> OLD.id AND (id = NEW.id OR sales_order_id = NEW.sales_order_id
      OR (number_series = NEW.number_series AND number_period = NEW.number_period AND number_counter = NEW.number_counter)));
  SELECT RAISE(ABORT, 'Only a quote that was sent is signed, and who signed is known.') WHERE NEW.state = 'signed' AND (
    OLD.state <> 'sent' OR NOT EXISTS (SELECT 1 FROM quote_signature WHERE quote_id = NEW.id));
END;
CREATE TRIGGER guard_quote_delete BEFORE DELETE ON quote WHEN OLD.state = 'signed'
BEGIN
  SELECT RAISE(ABORT, 'A signed quote is final: make a copy.');
END;

CREATE TRIGGER guard_quote_line_insert BEFORE INSERT ON quote_line
BEGIN
  SELECT RAISE(ABORT, 'A line of a signed quote is final.') WHERE EXISTS (
    SELECT 1 FROM quote AS parent WHERE parent.id = NEW.quote_id AND parent.state = 'signed'
    UNION ALL SELECT 1 FROM quote_line AS other JOIN quote AS parent ON parent.id = other.quote_id WHERE parent.state = 'signed' AND other.id = NEW.id);
END;
CREATE TRIGGER guard_quote_line_update BEFORE UPDATE ON quote_line
BEGIN
  SELECT RAISE(ABORT, 'A line of a signed quote is final.') WHERE EXISTS (
    SELECT 1 FROM quote AS parent WHERE parent.id IN (OLD.quote_id, NEW.quote_id) AND parent.state = 'signed'
    UNION ALL SELECT 1 FROM quote_line AS other JOIN quote AS parent ON parent.id = other.quote_id WHERE parent.state = 'signed' AND other.id = NEW.id);
END;
CREATE TRIGGER guard_quote_line_delete BEFORE DELETE ON quote_line
BEGIN
  SELECT RAISE(ABORT, 'A line of a signed quote is final.') WHERE EXISTS (
    SELECT 1 FROM quote AS parent WHERE parent.id = OLD.quote_id AND parent.state = 'signed');
END;

CREATE TRIGGER guard_quote_signature_insert BEFORE INSERT ON quote_signature
BEGIN
  SELECT RAISE(ABORT, 'A signature is final.') WHERE EXISTS (
    SELECT 1 FROM quote_signature WHERE id = NEW.id OR quote_id = NEW.quote_id OR link_id = NEW.link_id);
END;
CREATE TRIGGER guard_quote_signature_update BEFORE UPDATE ON quote_signature
BEGIN
  SELECT RAISE(ABORT, 'A signature is final.');
END;
CREATE TRIGGER guard_quote_signature_delete BEFORE DELETE ON quote_signature
BEGIN
  SELECT RAISE(ABORT, 'A signature is final.');
END;
