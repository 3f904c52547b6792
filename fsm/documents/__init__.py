"""What every priced document shares."""
