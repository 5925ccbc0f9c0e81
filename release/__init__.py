"""What goes out with a release, from the locks: its bill of materials, and whether advisories speak of it."""
