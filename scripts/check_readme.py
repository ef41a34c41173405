"""Check that the README's Python is clean under both type checkers."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHECKERS = (["mypy", "--strict"], ["pyright", "--pythonpath", sys.executable])


def main() -> int:
    """Write the README's blocks into one module, and let both checkers read it."""
    code = "\n\n".join(BLOCK.findall((ROOT / "README.md").read_text("utf-8")))
    module = ROOT / "build" / "readme_example.py"
    module.parent.mkdir(exist_ok=True)
    module.write_text(code, "utf-8")
    found = 0
    for checker in CHECKERS:
        command = [str(Path(sys.executable).with_name(checker[0])), *checker[1:]]
        found |= subprocess.run(
            [*command, str(module)], cwd=ROOT, check=False
        ).returncode
    return found


if __name__ == "__main__":
    sys.exit(main())
