"""Invoices and credit notes: draft, review, post, send, credit, withdraw."""
