"""Stored files: content-addressed under the data folder, one row each."""
