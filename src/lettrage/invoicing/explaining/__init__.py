"""What Chorus Pro says, in plain words: which field, where in the file that was sent, why, and what to do next."""
