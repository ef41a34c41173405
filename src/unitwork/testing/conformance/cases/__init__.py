"""What is asked of every adapter, as tests; `conformance_suite` collects them.

A module is a section of the suite. Its tests and fixtures are written as in any file of
tests, with the fixtures of `fixtures.py`. `@needs` names the flags that a test wants;
`NEEDS`, those that every test of its section does.
"""
