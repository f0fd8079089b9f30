"""Images for training and evaluation: files, LFW, folders, CLIC, and the pipelines over them."""
