"""Service orders: states, visits, time entries, parts used, report, signature, and which work is claimed by a bill."""
