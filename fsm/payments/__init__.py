"""Payments: register, undo, keep on account, move, refund."""
