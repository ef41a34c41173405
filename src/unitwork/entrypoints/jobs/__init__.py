"""Operations in the workers of job engines and brokers. Contract: 40.

A module for each library, which is imported there only: `taskiq`, `procrastinate`,
`faststream`, `dbos`.
"""
