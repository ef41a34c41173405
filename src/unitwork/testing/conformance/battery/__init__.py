"""The query battery: random questions, judged by an evaluation of its own."""
