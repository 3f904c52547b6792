"""Customers, their contacts, sites and equipment."""
