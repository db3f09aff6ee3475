"""Cygnet: AI drawing contests on Kubernetes."""
