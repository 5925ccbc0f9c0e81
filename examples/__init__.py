"""Programs of an order-management system, to copy from: see README.md."""
