"""A list of Amazon's, as a file, against what is known here."""
