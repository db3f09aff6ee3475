"""The contest document: written by organisers, checked, kept by the services that need it."""
