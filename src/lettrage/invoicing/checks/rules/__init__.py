"""Our own rules, one small function for each thing that may be wrong, grouped by what they look at."""
