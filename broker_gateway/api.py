"""The wiring of the role ``api``: its use cases and the server that calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from broker_gateway.application.answer_ports import AnswerStore
from broker_gateway.application.answering import Answering
from broker_gateway.application.audit import AuditTrail
from broker_gateway.application.blob_service import BlobAppService
from broker_gateway.application.cancellation import Cancelling
from broker_gateway.application.catalog_service import CatalogAppService
from broker_gateway.application.execution_service import CodeExecutionAppService
from broker_gateway.application.history_ports import HistoryStore
from broker_gateway.application.interacting import Interacting
from broker_gateway.application.listing import Listing
from broker_gateway.application.lookup import TaskLookup
from broker_gateway.application.past_results import PastResults
from broker_gateway.application.ports import CallbackTransport, IdSecret, TaskQueue
from broker_gateway.application.quota_book import QuotaBook
from broker_gateway.application.settings import CancelSettings, WaitSettings
from broker_gateway.application.submission import Submission
from broker_gateway.application.uploading import Uploading
from broker_gateway.application.waiting import Waiting
from broker_gateway.application.watching import Watching
from broker_gateway.infrastructure.bus.attempts import BusAttemptLedger
from broker_gateway.infrastructure.bus.blobs import BusBlobStore, BusLeftFileStore
from broker_gateway.infrastructure.bus.bound import BoundMessages
from broker_gateway.infrastructure.bus.control import BusNodeControl
from broker_gateway.infrastructure.bus.feed import BusLiveFeed
from broker_gateway.infrastructure.bus.history import BusHistory
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from broker_gateway.infrastructure.call_metrics import CallMetrics, CallNotes
from broker_gateway.infrastructure.callbacks.submitted import SubmittedAddresses
from broker_gateway.infrastructure.callers import KnownCallers
from broker_gateway.infrastructure.client_settings import LOOPBACK
from broker_gateway.infrastructure.metrics import CountedTaskQueue, Metrics
from broker_gateway.infrastructure.policies import Policies
from broker_gateway.infrastructure.queue_care import QueueCare
from broker_gateway.infrastructure.settings import GatewaySettings
from broker_gateway.infrastructure.traced import TracedTaskQueue
from broker_gateway.infrastructure.traced_calls import CallSpans, Interceptor, TracedCalls, calls_traced
from broker_gateway.interfaces.access_log import AccessLog
from broker_gateway.interfaces.callers import OWNER, Asking
from broker_gateway.interfaces.doorway import Doorway
from broker_gateway.interfaces.http.app import application
from broker_gateway.interfaces.http.blob_routes import BlobRoutes
from broker_gateway.interfaces.http.calls import Calls
from broker_gateway.interfaces.http.catalog_routes import CatalogRoutes
from broker_gateway.interfaces.http.dialects import DialectParts, dialect_routes
from broker_gateway.interfaces.http.execution_routes import ExecutionRoutes
from broker_gateway.interfaces.http.interact_routes import InteractRoutes
from broker_gateway.interfaces.http.operations import Operation
from broker_gateway.interfaces.http.reading import Bodies
from broker_gateway.interfaces.http.visits import Visits
from broker_gateway.interfaces.reception import Reception
from broker_gateway.interfaces.server import GrpcServer, GrpcSettings, build_server
from broker_gateway.operating import OperatingParts, joining, operations
from chassis.nats.connection import BusConnection
from chassis.probes import Probes
from chassis.process import version
from chassis.tracing import Tracer
from schemas.audit import AuditRecord
from schemas.status import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """The parts of the gateway on which the API stands."""

    bus: BusConnection
    settings: GatewaySettings
    policies: Policies
    metrics: Metrics
    bound: BoundMessages
    queue_lengths: QueueLengths
    queue_care: QueueCare
    quotas: QuotaBook
    secret: IdSecret
    transports: Mapping[str, CallbackTransport]
    answers: AnswerStore
    audit: AuditTrail
    audited: Callable[[AuditRecord], None]
    """Keeps a record, wherever they are kept."""
    callers: KnownCallers
    past: HistoryStore | None
    """The database of past tasks, where there is one."""
    tracer: Tracer | None
    """What spans are told to, where there is anything."""


@dataclass(frozen=True, slots=True)
class Api:
    """What answers calls."""

    grpc: GrpcServer
    """It does not listen yet."""
    http: Callable[[Probes | None], ASGIApp] | None
    """Makes the application, with the probes that it is to serve as well; None: it is not served over HTTP."""


@dataclass(frozen=True, slots=True)
class UseCases:
    """What is served over HTTP as over gRPC."""

    executions: CodeExecutionAppService
    catalog: CatalogAppService
    blobs: BlobAppService


def wire_api(parts: ApiParts) -> Api:
    """All services, over gRPC and over HTTP: the same use cases behind the same doorway."""
    queue: TaskQueue = CountedTaskQueue(BusTaskQueue(parts.bus, parts.queue_lengths, parts.bound), parts.metrics)
    interceptors: list[Interceptor] = []
    spans: CallSpans | None = None
    if parts.tracer is not None:
        queue = TracedTaskQueue(queue, parts.tracer, calls_traced(parts.settings.tracing_per_s))
        spans = CallSpans(parts.tracer, calls_traced(parts.settings.tracing_per_s))
        interceptors.append(TracedCalls(spans))
    log = AccessLog(
        every_call=parts.settings.access_log, submissions=parts.settings.audit_submissions, audit=parts.audited
    )
    control = BusNodeControl(parts.bus)
    notes = CallNotes(parts.metrics, log.ended, log.opened)
    executions, catalog = _executions(parts, queue, control), CatalogAppService(nodes=parts.queue_care.nodes)
    doorway, operating, blobs = _doorway(parts), _operating(parts, control), _blobs(parts, executions)
    server = build_server(
        execution=executions,
        catalog=catalog,
        operations=operations(operating),
        keys=parts.callers.keys,
        joining=joining(operating),
        blobs=blobs,
        doorway=doorway,
        settings=GrpcSettings(
            parts.settings.grpc_address, parts.policies.certificate, ping_s=parts.settings.grpc_ping_s
        ),
        counts=parts.policies.admission.counts,
        reception=Reception(on_refused=parts.metrics.requests_unreceived.inc),
        interceptors=[CallMetrics(notes), *interceptors],
    )
    if not parts.settings.http_api:
        return Api(server, None)
    visits = Visits(parts.policies.proxies, parts.secret.current) if parts.settings.api_keys else None
    calls = Calls(doorway, notes, spans, Bodies(on_refused=parts.metrics.requests_unreceived.inc), visits)
    return Api(server, _over_http(parts, doorway, calls, UseCases(executions, catalog, blobs)))


def _over_http(parts: ApiParts, doorway: Doorway, calls: Calls, cases: UseCases) -> Callable[[Probes | None], ASGIApp]:
    settings, counts, who = parts.settings, parts.policies.admission.counts, doorway.asks_who
    executions, catalog = cases.executions, cases.catalog
    routes = ExecutionRoutes(executions, calls, counts, asks_who=who)
    talks = InteractRoutes(executions, calls, counts, asks_who=who)
    large = BlobRoutes(cases.blobs, calls, asks_who=who)
    served = [
        *(*routes.operations(), *talks.operations()),
        *(*CatalogRoutes(catalog).operations(), *large.operations()),
    ]
    spoken = DialectParts(
        executions,
        catalog,
        calls,
        counts,
        Asking(asks_who=who),
        settings.http_origins,
        limits=parts.policies.admission.limits,
        source=parts.policies.admission.source,
        attempts=parts.policies.relay.attempts,
        queue_limit=parts.policies.submission.queue_limit,
        waiting=partial(_waiting, parts.queue_lengths),
    )
    others = [*dialect_routes(settings.http_dialects, spoken), *talks.routes(settings.http_origins)]
    return partial(_application, settings, served, calls, others, asks_who=who)


def _application(
    settings: GatewaySettings,
    operations: Sequence[Operation],
    calls: Calls,
    dialects: Sequence[BaseRoute],
    probes: Probes | None,
    *,
    asks_who: bool,
) -> ASGIApp:
    return application(
        operations,
        calls,
        version=version(),
        probes=probes,
        dialects=dialects,
        origins=settings.http_origins,
        only_loopback_hosts=not asks_who and settings.http_address.startswith(LOOPBACK),
        takes_pages=settings.api_keys,
    )


async def _waiting(lengths: QueueLengths, pool: str) -> int:
    return sum([await lengths.waiting((pool, priority)) for priority in Priority])


def _doorway(parts: ApiParts) -> Doorway:
    clients = parts.policies.clients
    return Doorway(
        tokens=clients.by_token,
        operators=clients.operators,
        admins=clients.admins,
        verifiers=parts.callers.verifiers,
        calls=parts.policies.calls,
        on_over_quota=parts.metrics.count_over_quota,
    )


def _operating(parts: ApiParts, control: BusNodeControl) -> OperatingParts:
    return OperatingParts(
        bus=parts.bus,
        policies=parts.policies,
        bound=parts.bound,
        nodes=parts.queue_care.nodes,
        transports=parts.transports,
        answers=parts.answers,
        audit=parts.audit,
        control=control,
    )


def _blobs(parts: ApiParts, executions: CodeExecutionAppService) -> BlobAppService:
    store = BusBlobStore(parts.bus)
    uploading = Uploading(store, parts.policies.blobs)
    files = BusLeftFileStore(parts.bus)
    return BlobAppService(store=store, files=files, uploading=uploading, execution=executions.get)


def _executions(parts: ApiParts, queue: TaskQueue, control: BusNodeControl) -> CodeExecutionAppService:
    results, history = BusResultStore(parts.bus, parts.bound), BusHistory(parts.bus)
    feeds = BusLiveFeed(parts.bus, parts.bound)
    nodes, past = parts.queue_care.nodes, parts.past
    lookup = TaskLookup(results=results, history=history, queue=queue, past=past, on_foreign=OWNER.set)
    submission = _submission(parts, queue, results, history)
    watching = Watching(
        submission=submission,
        lookup=lookup,
        results=results,
        history=history,
        feeds=feeds,
        following=parts.queue_care.following,
        settings=WaitSettings(),
    )
    return CodeExecutionAppService(
        submission=submission,
        waiting=Waiting(submission=submission, results=results, feeds=feeds, settings=WaitSettings()),
        watching=watching,
        interacting=Interacting(watching=watching, lookup=lookup, nodes=control),
        lookup=lookup,
        listing=Listing(history=history, nodes=nodes, past=past),
        cancelling=Cancelling(
            lookup=lookup,
            queue=queue,
            results=results,
            history=history,
            feeds=feeds,
            nodes=control,
            settings=CancelSettings(),
        ),
        attempts=BusAttemptLedger(parts.bus),
    )


def _submission(parts: ApiParts, queue: TaskQueue, results: BusResultStore, history: BusHistory) -> Submission:
    past = parts.past
    return Submission(
        queue=queue,
        results=results if past is None else PastResults(results, past),
        history=history,
        nodes=parts.queue_care.nodes,
        quotas=parts.quotas,
        deadlines=parts.queue_care.deadlines,
        secret=parts.secret,
        admission=parts.policies.admission,
        settings=parts.policies.submission,
        answering=Answering(
            answers=parts.answers,
            results=results,
            history=history,
            modes=parts.policies.cache_modes,
            count=lambda outcome, language: parts.metrics.answers.labels(outcome, language).inc(),
        ),
        following=parts.queue_care.following,
        blobs=BusBlobStore(parts.bus),
        callback_refusal=SubmittedAddresses(parts.policies.addresses).refusal,
        knows_headers=parts.policies.identifications.knows,
    )
