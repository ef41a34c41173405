"""The application ring: it knows ports, never an adapter."""
