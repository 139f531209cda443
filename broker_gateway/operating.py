"""The wiring of what operators and nodes ask for: dead letters, callbacks, kept answers, the audit trail; joining."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broker_gateway.application.answer_ports import AnswerStore
from broker_gateway.application.audit import AuditTrail
from broker_gateway.application.callback_delivery import CallbackDelivery
from broker_gateway.application.joining import JoinAppService
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.operations_service import OperationsAppService
from broker_gateway.application.ports import CallbackTransport
from broker_gateway.application.redriving import Redriving
from broker_gateway.application.settings import OperationsSettings
from broker_gateway.infrastructure.bus.attempts import BusAttemptLedger
from broker_gateway.infrastructure.bus.bound import BoundMessages
from broker_gateway.infrastructure.bus.control import BusNodeControl
from broker_gateway.infrastructure.bus.dead import BusDeadLetters
from broker_gateway.infrastructure.bus.history import BusHistory
from broker_gateway.infrastructure.bus.joined_nodes import BusJoinedNodes
from broker_gateway.infrastructure.bus.rerun import BusTaskRerun
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.etcd_node_users import EtcdNodeUsers
from broker_gateway.infrastructure.policies import Policies
from chassis.nats import public_keys
from chassis.nats.connection import BusConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingParts:
    """The parts of the gateway on which that stands."""

    bus: BusConnection
    policies: Policies
    bound: BoundMessages
    nodes: LiveNodes
    transports: Mapping[str, CallbackTransport]
    answers: AnswerStore
    audit: AuditTrail
    control: BusNodeControl


def joining(parts: OperatingParts) -> JoinAppService | None:
    """None where no nodes may join."""
    joins = parts.policies.joins
    if joins is None:
        return None
    return JoinAppService(
        nodes=BusJoinedNodes(parts.bus),
        users=EtcdNodeUsers(parts.policies.etcd, joins.etcd_root_password, joins.account),
        live=parts.nodes,
        pools=joins.pools,
        is_signed=public_keys.is_signed,
        whereabouts=joins.whereabouts,
    )


def operations(parts: OperatingParts) -> OperationsAppService:
    """What operators ask for."""
    dead, attempts, settings = BusDeadLetters(parts.bus), BusAttemptLedger(parts.bus), OperationsSettings()
    redriving = Redriving(
        dead=dead,
        rerun=BusTaskRerun(parts.bus, parts.bound),
        results=BusResultStore(parts.bus, parts.bound),
        history=BusHistory(parts.bus),
        ledger=attempts,
        delivery=CallbackDelivery(parts.transports, parts.policies.relay.attempts.timeout_s),
        settings=settings,
        seals=parts.policies.seals,
    )
    return OperationsAppService(
        dead=dead,
        redriving=redriving,
        attempts=attempts,
        control=parts.control,
        answers=parts.answers,
        audit=parts.audit,
        settings=settings,
    )
