"""The worker: claims a job, has Triton draw and score it, stores the picture, completes the job. It keeps nothing."""
