"""Drawing and scoring with Triton: a library for whoever needs a picture or a score."""
