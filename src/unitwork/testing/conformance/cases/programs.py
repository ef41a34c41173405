"""Random programs of several units do what the model of the contract says."""

from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.chunks import parametrize
from unitwork.testing.conformance.coverage import Coverage
from unitwork.testing.conformance.printing import as_python
from unitwork.testing.conformance.programs import Program
from unitwork.testing.conformance.replaying import replay_program
from unitwork.testing.conformance.runner import Fresh, run_programs

pytest_generate_tests = parametrize


async def test_programs(
    storage: Adapter, fresh: Fresh, programs: range | Program
) -> None:
    """Contract 2, 12, 16, 18, 20, 22, 23, 26: none differs, and none is for nothing."""
    if isinstance(programs, Program):
        differs = await replay_program(fresh, programs)
        assert differs is None, differs
        return
    can, coverage = storage.capabilities, Coverage()
    running = run_programs(fresh, programs, levels=can.levels, avoiding=can.never)
    async for progress in running:
        found = progress.difference
        assert found is None, f"{found}\n\n{as_python(found.program)}"
        coverage = progress.coverage
    if can.references:
        assert coverage.programs == len(programs)
        coverage.check()
