"""The contract report of a pytest run: of all its worlds, and of all its processes."""

from dataclasses import dataclass, field

from emulator.contract.contract import Contract
from emulator.contract.coverage import Universe
from emulator.contract.report import Report, new_report
from emulator.jsontext import JsonObject


@dataclass(slots=True)
class RunContract:
    """What the clients of a run have shown, so far."""

    contract: Contract = field(default_factory=Contract)
    universe: Universe | None = None  # None: no emulator has run

    def add(self, contract: Contract, universe: Universe) -> None:
        self.contract.merge(contract)
        self.universe = universe

    def to_json(self) -> JsonObject:
        """For the process that gathers those of others."""
        return {"contract": self.contract.to_json(), "universe": self.universe}

    def add_json(self, content: JsonObject) -> None:
        if content["universe"] is not None:
            self.add(Contract.from_json(content["contract"]), content["universe"])

    def report(self) -> Report | None:
        return None if self.universe is None else new_report(self.contract, self.universe)
