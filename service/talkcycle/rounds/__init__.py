"""What HR and people may do, a function each: takes ports, owns the transaction."""
