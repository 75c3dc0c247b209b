"""Pages: one blueprint an area, named `pages`."""
