"""An import contract that says what a package may import, not what it may not."""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyContract(Contract):
    """Allow a package the standard library and the packages that are listed.

    import-linter's own `forbidden` must name every package there is; this one does
    not go stale when a dependency is added.
    """

    type_name = "only"

    source_modules = fields.ListField(subfield=fields.StringField())
    allowed_packages = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001 - their signature
        """Look at the direct imports of every module of the packages."""
        del verbose
        packages: list[str] = self.source_modules  # type: ignore[assignment]  # fields become values
        allowed: set[str] = self.allowed_packages  # type: ignore[assignment]  # the same
        illegal = [
            f"{module} -> {imported}"
            for package in packages
            for module in sorted({package} | graph.find_descendants(package))
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if imported.partition(".")[0] not in sys.stdlib_module_names | allowed
        ]
        return ContractCheck(kept=not illegal, metadata={"illegal": illegal})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line for each import that is not allowed."""
        for line in check.metadata["illegal"]:
            output.print_error(f"- {line}", bold=False)
