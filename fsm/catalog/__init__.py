"""What is sold: stock items, labor rates, travel and call-out, prices per customer."""
