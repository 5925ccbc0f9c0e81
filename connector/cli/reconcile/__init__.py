"""`connector reconcile`, and what is read from Amazon again."""
