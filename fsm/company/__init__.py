"""The company itself: its identity, its VAT, its chart of accounts."""
