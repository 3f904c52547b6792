"""Reports for managers: trial balance."""
