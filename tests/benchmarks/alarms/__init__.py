"""How often alerts are wrong, and how soon they are right: a company of known truth, week after week."""
