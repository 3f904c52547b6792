"""Maintenance contracts: orders that are made ahead, once for each date."""
