"""`/api/v1`: one blueprint of operations a service, named `operations`."""
