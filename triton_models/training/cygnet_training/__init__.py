"""Trains Cygnet's embedded models from nothing: a renderer draws the data, the stages learn from it.

Nothing here runs inside Triton. The stages write ordinary diffusers and transformers directories that Triton loads.
"""
