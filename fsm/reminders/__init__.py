"""Reminders: what is claimed for paying late."""
