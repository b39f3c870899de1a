"""A small real host of the library: pages for employees and customers, over FastAPI."""
