"""Checks for the requests of one operation, compiled from its document."""

from emulator.contract.requests import RequestAuditor
from emulator.openapi.fields import body_fields
from emulator.openapi.hints import Hints
from emulator.openapi.operation import Operation
from emulator.openapi.strictness import strict_check
from emulator.openapi.validation import Validation
from emulator.web.bodies import BodyReader
from emulator.web.parameters import ParametersReader


class OperationChecks:
    """Reads an operation's parameters and body, refuses them, and tells the contract of them."""

    def __init__(
        self, operation: Operation, validation: Validation, any_id: bool, hints: Hints
    ) -> None:
        """Compile them; `any_id` accepts any text as an id."""
        fields = body_fields(validation.document, operation)
        self.auditor = RequestAuditor(operation, fields, hints.of_requests)
        self.strictly = strict_check(operation, fields)
        self.parameters = ParametersReader(operation, validation, any_id)
        self.body = BodyReader(operation.bodies, validation) if operation.bodies else None
