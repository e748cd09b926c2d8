"""The files that Grafana is provisioned with, as strict models: a key that Grafana does not know is a fault.

Fields as in Grafana's documentation of provisioning and `pkg/services/provisioning`; of those that it knows, these are
the ones that are used.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic.alias_generators import to_camel

EXPRESSION = "__expr__"
"""The uid under which Grafana's own expressions ask no data source."""
Duration = Annotated[str, Field(pattern=r"^\d+[smh]$")]
Uid = Annotated[str, Field(pattern=r"^[\w-]{1,40}$")]


class ProvisioningFile(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class _SourceOptions(ProvisioningFile):
    http_method: Literal["POST"]
    time_interval: str


class Source(ProvisioningFile):
    name: str
    uid: str
    type: Literal["prometheus"]
    access: Literal["proxy"]
    org_id: int
    url: str
    is_default: bool
    editable: Literal[False]
    json_data: _SourceOptions


class SourcesFile(ProvisioningFile):
    api_version: Literal[1]
    prune: bool
    datasources: list[Source] = Field(min_length=1)


class _ProviderOptions(ProvisioningFile):
    path: str


class _Provider(ProvisioningFile):
    name: str
    org_id: int
    folder: str
    folder_uid: str
    type: Literal["file"]
    disable_deletion: bool
    allow_ui_updates: Literal[False]
    update_interval_seconds: int
    options: _ProviderOptions


class ProvidersFile(ProvisioningFile):
    api_version: Literal[1]
    providers: list[_Provider] = Field(min_length=1)


class Receiver(ProvisioningFile):
    uid: str
    type: Literal["webhook", "email"]
    settings: dict[str, Any]
    disable_resolve_message: bool


class ContactPoint(ProvisioningFile):
    org_id: int
    name: str
    receivers: list[Receiver] = Field(min_length=1)


class _TimeRange(ProvisioningFile):
    begin: int = Field(alias="from")
    end: int = Field(alias="to")


class _Asking(ProvisioningFile):
    """Prometheus's answer of one moment: a series over time would have to be reduced first."""

    ref_id: str
    expr: str
    instant: Literal[True]
    range: Literal[False]


class _Evaluator(ProvisioningFile):
    type: Literal["lt", "gt"]
    params: list[float] = Field(min_length=1, max_length=1)


class _Condition(ProvisioningFile):
    evaluator: _Evaluator


class _Threshold(ProvisioningFile):
    ref_id: str
    type: Literal["threshold"]
    expression: str
    conditions: list[_Condition] = Field(min_length=1, max_length=1)


class _Datum(ProvisioningFile):
    ref_id: str
    relative_time_range: _TimeRange
    datasource_uid: str


class Asked(_Datum):
    model: _Asking


class Computed(_Datum):
    model: _Threshold


def _kind(datum: Any) -> str:
    return "expression" if isinstance(datum, dict) and datum.get("datasourceUid") == EXPRESSION else "query"


Datum = Annotated[Annotated[Asked, Tag("query")] | Annotated[Computed, Tag("expression")], Discriminator(_kind)]


class _Notification(ProvisioningFile):
    receiver: str


class Rule(ProvisioningFile):
    """The states are those that tell of the rule itself; `Error` and `NoData` would be alerts of other names."""

    uid: Uid
    title: str = Field(min_length=1)
    condition: str
    data: list[Datum] = Field(min_length=1)
    lasts: Duration = Field(alias="for")
    no_data_state: Literal["Alerting", "OK"]
    exec_err_state: Literal["Alerting", "OK"]
    is_paused: Literal[False]
    labels: dict[str, str]
    annotations: dict[str, str]
    notification_settings: _Notification = Field(alias="notification_settings")


class RuleGroup(ProvisioningFile):
    org_id: int
    name: str
    folder: str
    interval: Duration
    rules: list[Rule] = Field(min_length=1)


class AlertingFile(ProvisioningFile):
    api_version: Literal[1]
    contact_points: list[ContactPoint] = []
    groups: list[RuleGroup] = []


FILES: dict[str, type[ProvisioningFile]] = {
    "datasources": SourcesFile,
    "dashboards": ProvidersFile,
    "alerting": AlertingFile,
}
"""By the folder that they are in."""
