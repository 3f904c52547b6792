"""The technician's tablet: what it is given, what it sends, what of that waits for the office."""
