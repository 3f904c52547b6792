"""Coming from elsewhere: CSV files of customers, sites, equipment, items, rates and open invoices."""
