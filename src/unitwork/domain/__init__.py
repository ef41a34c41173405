"""The domain ring: ports and building blocks, over attrs alone."""
