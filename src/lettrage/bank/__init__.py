"""What passes between the company and its banks."""
