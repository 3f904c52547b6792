"""Signed webhooks: other programs are told of invoices posted and paid, and of service orders done."""
