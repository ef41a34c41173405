"""Judge a history: find every anomaly that what was seen proves.

Sound, not complete: what it finds has happened; what nobody saw it cannot find.

Source: Kingsbury and Alvaro, Elle: Inferring Isolation Anomalies from Experimental
Observations (VLDB 2020).
"""

from unitwork.testing.conformance.histories.cycles import find_cycles
from unitwork.testing.conformance.histories.evidence import Evidence
from unitwork.testing.conformance.histories.groups import examine_groups
from unitwork.testing.conformance.histories.history import History
from unitwork.testing.conformance.histories.logs import examine_logs
from unitwork.testing.conformance.histories.phenomena import Anomaly


def check(history: History) -> list[Anomaly]:
    """Return the anomalies of a history, those plain to see before the cycles.

    Cost: linear in operations and in pairs of a list and a member of its group.
    """
    evidence = Evidence(history)
    examine_logs(evidence)
    examine_groups(evidence)
    for phenomenon, cycle in find_cycles(evidence.edges):
        who = tuple(evidence.transactions[edge.source] for edge in cycle)
        story = tuple(edge.why for edge in cycle)
        evidence.anomalies.append(Anomaly(phenomenon, story, who))
    return evidence.anomalies
