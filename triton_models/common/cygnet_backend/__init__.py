"""What both Python backends share: settings, threads, model sources, and serving request by request.

It imports nothing of `cygnet` and, at module level, nothing heavy, so that a stock tritonserver image with
torch, diffusers and transformers can run the models with only this folder beside them.
"""
