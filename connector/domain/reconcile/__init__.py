"""What Amazon shows against what is known here: pure comparisons, of which `connector reconcile` asks."""
