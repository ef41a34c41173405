"""A small, complete application: people, kept behind an HTTP API.

Read in this order: domain, services, adapters, composition, api, demo.
"""
