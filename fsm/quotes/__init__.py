"""Quotes: made, sent, signed or declined; a signed one becomes a sales order."""
