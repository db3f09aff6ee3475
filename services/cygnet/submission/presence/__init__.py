"""Who is in the hall: codes on paired screens, tickets for who scanned one, and a lot where too many did."""
