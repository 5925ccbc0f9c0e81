"""What a reconcile asks of Amazon, beside the workers."""
