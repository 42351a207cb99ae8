"""Books spread over several machines."""
