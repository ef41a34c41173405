"""Keep the API running: python -m examples.users.serve."""

import os

import uvicorn

from examples.users.adapters import database_url, migrate
from examples.users.composition import compose


def main() -> None:
    url, port = database_url(), int(os.environ.get("PORT", "8000"))
    migrate(url)
    print(f"Interactive docs: http://127.0.0.1:{port}/docs (Ctrl+C stops)")
    uvicorn.run(compose(url), port=port)


if __name__ == "__main__":
    main()
