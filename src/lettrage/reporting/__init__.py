"""From settlements to payment reports: what of each payment the tax office is told, by which way, and by when."""
