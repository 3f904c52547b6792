"""Double-entry books: accounts, fiscal years, entries, open items, monthly totals. Nobody else writes these tables."""
