"""A rule as an expectation of Great Expectations: its query gives the rows, or the tables, that break it.

What a rule asks is said in `rules`; the query that is put is made by `runner`, which alone uses this.
"""

from typing import Any, ClassVar

from typing_extensions import override

from expectations.hidden import hidden

with hidden("pyspark"):
    from great_expectations import expectations as gxe
    from great_expectations.compatibility.pydantic import PrivateAttr
    from great_expectations.execution_engine import ExecutionEngine
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

_BROKEN = "unexpected_rows_query.row_count"


class ExpectRuleToHold(gxe.UnexpectedRowsExpectation):
    """Expect that a query finds nothing, and count what it finds.

    The parent asks twice, once for the rows themselves, which are gathered elsewhere and whole; and it puts
    its settings together anew each of the twenty times that a validation looks at one of them.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = (_BROKEN,)

    _put_together: dict[str | None, ExpectationConfiguration] = PrivateAttr(default_factory=dict)

    @property
    @override
    def configuration(self) -> ExpectationConfiguration:
        """The settings; nothing of them changes but the id, which a suite gives when it is kept."""
        if self.id not in self._put_together:
            self._put_together[self.id] = super().configuration
        return self._put_together[self.id]

    @override
    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        """Whether nothing was found; `observed_value` is how much was."""
        found = metrics[_BROKEN]
        return {"success": found == 0, "result": {"observed_value": found}}
