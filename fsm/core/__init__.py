"""What every slice stands on: the database, money, numbers, errors, the request's one transaction."""
