"""Backups: one archive with every row and file, made while the program is in use, proven by restoring it."""
