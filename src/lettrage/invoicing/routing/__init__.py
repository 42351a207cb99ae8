"""Which door a customer's invoices take: the rules, the copies of the directory that they read, and the decision."""
