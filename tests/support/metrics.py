"""What Prometheus would see of a process."""

from dataclasses import dataclass

import requests
from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class Figures:
    """One answer of ``/metrics``; samples by name and labels."""

    samples: dict[tuple[str, frozenset[tuple[str, str]]], float]
    families: frozenset[str]

    def of(self, name: str, **labels: str) -> float:
        """The sum of all samples that have these labels, and maybe others."""
        wanted = labels.items()
        return sum(
            value
            for (found, all_labels), value in self.samples.items()
            if found == name and wanted <= all_labels
        )

    def values(self, name: str, label: str) -> set[str]:
        """All values that a label of this name has."""
        return {
            value
            for found, labels in self.samples
            for key, value in labels
            if found == name and key == label
        }


def parse(text: str) -> Figures:
    families = list(text_string_to_metric_families(text))
    samples = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }
    return Figures(samples, frozenset(family.name for family in families))


def scrape(address: str) -> Figures:
    """``address`` is a host and a port."""
    answer = requests.get(f"http://{address}/metrics", timeout=10)
    assert answer.status_code == 200, answer.text
    return parse(answer.text)
