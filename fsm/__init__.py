"""fsm: from the technician's van to the ledger."""
