"""The default detector, its screening and its modalities."""
