"""The asynchronous client of operators: dead letters, kept answers, nodes, API keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from coderunner import key_calls, node_calls, responses
from coderunner.api_key import ApiKey, NewApiKey
from coderunner.audit_record import AuditRecord
from coderunner.client import Client
from coderunner.errors import LanguageUnavailable, NotRedriven
from coderunner.joined_node import JoinedNode
from coderunner.model import CallbackRecord, DeadLetter
from coderunner.v1 import keys_pb2, operations_pb2

_REDRIVE_S = 60.0  # an endpoint that hangs is waited for
_PAGE_LETTERS = 200


class Operator(Client):
    """A Client with the methods that only operators may call. Where the gateway asks for tokens, this needs an
    operator's; every method raises CodeRunnerError or one of its kinds."""

    async def dead(self, reason: str = "", limit: int | None = None) -> AsyncIterator[DeadLetter]:
        """Dead letters, newest first, without their messages: what could not be run (``poison``) or delivered
        (``undelivered``)."""
        request = operations_pb2.ListDeadRequest(reason=reason)
        left = limit if limit is not None else 1 << 62
        while left > 0:
            request.page_size = min(left, _PAGE_LETTERS)
            page: operations_pb2.ListDeadResponse = await self._gateway.ask(self._gateway.operations.ListDead, request)
            for message in page.letters[:left]:
                yield responses.dead_letter(message)
            left -= len(page.letters)
            request.page_token = page.next_page_token
            if not request.page_token:
                return

    async def dead_letter(self, task_id: str) -> DeadLetter:
        """The task's newest dead letter, with its message. Raises NotFound."""
        request = operations_pb2.GetDeadRequest(id=task_id)
        answer: operations_pb2.GetDeadResponse = await self._gateway.ask(self._gateway.operations.GetDead, request)
        return responses.dead_letter(answer.letter)

    async def callbacks(self, state: str = "", limit: int | None = None) -> AsyncIterator[CallbackRecord]:
        """Callbacks that were not taken at the first call, the newest word first: those in this state (``RETRYING``,
        ``DELIVERED``, ``GIVEN_UP``), or all."""
        request = operations_pb2.ListCallbacksRequest(state=state)
        left = limit if limit is not None else 1 << 62
        while left > 0:
            request.page_size = min(left, _PAGE_LETTERS)
            page: operations_pb2.ListCallbacksResponse = await self._gateway.ask(
                self._gateway.operations.ListCallbacks, request
            )
            for message in page.records[:left]:
                yield responses.callback_record(message)
            left -= len(page.records)
            request.page_token = page.next_page_token
            if not request.page_token:
                return

    async def redrive(self, task_id: str) -> None:
        """Has a poisonous task run once more, or an undelivered result delivered once more. Raises NotFound,
        NotRedriven, QueueFull."""
        request = operations_pb2.RedriveRequest(id=task_id)
        try:
            await self._gateway.ask(self._gateway.operations.Redrive, request, _REDRIVE_S)
        except LanguageUnavailable as error:  # what this status means everywhere else
            raise NotRedriven(str(error)) from error

    async def audit(
        self, *, action: str = "", client: str | None = None, since_ms: int = 0, limit: int | None = None
    ) -> AsyncIterator[AuditRecord]:
        """Who changed something, looked at another client's task, or was refused for who he is, newest first: by this
        method of the API (empty: any), by this client (None: anybody), since a moment in Unix milliseconds."""
        request = operations_pb2.ListAuditRequest(action=action, client=client, since_ms=since_ms)
        left = limit if limit is not None else 1 << 62
        while left > 0:
            request.page_size = min(left, _PAGE_LETTERS)
            page: operations_pb2.ListAuditResponse = await self._gateway.ask(
                self._gateway.operations.ListAudit, request
            )
            for message in page.records[:left]:
                yield responses.audit_record(message)
            left -= len(page.records)
            request.page_token = page.next_page_token
            if not request.page_token:
                return

    async def purge_cache(self, language: str = "", client: str | None = None) -> int:
        """Forgets the kept answers of a language (empty: any) and of a client (None: any); how many that were."""
        request = operations_pb2.PurgeCacheRequest(language=language, client=client)
        answer: operations_pb2.PurgeCacheResponse = await self._gateway.ask(
            self._gateway.operations.PurgeCache, request
        )
        return answer.purged

    async def drain(self, node_id: str) -> bool:
        """Has a node take nothing new, finish what it runs, leave the list and end. False where it did not answer."""
        request = operations_pb2.DrainNodeRequest(id=node_id)
        answer: operations_pb2.DrainNodeResponse = await self._gateway.ask(self._gateway.operations.DrainNode, request)
        return answer.accepted

    async def joined_nodes(self, limit: int | None = None) -> AsyncIterator[JoinedNode]:
        """The nodes that joined by a token, in the order in which they did, whether they run or not."""
        async for node in node_calls.listed(self._gateway, limit):
            yield node

    async def forget_node(self, node_id: str) -> JoinedNode:
        """Has a node that joined be let in no longer: where it is connected, it is out within 15 minutes. Raises
        NotFound."""
        return await node_calls.forget(self._gateway, node_id)

    async def create_key(
        self,
        client: str,
        roles: Iterable[str] = ("submit", "read-own"),
        *,
        expires_at_ms: int = 0,
        quota_rate_per_s: float = 0.0,
        quota_burst: int = 0,
    ) -> NewApiKey:
        """Makes an API key, of which the answer alone has the secret. It is asked for once: where the gateway's answer
        is lost, look at ``keys`` and revoke the one that nobody has. Needs the role ``admin``, as do the next two."""
        request = keys_pb2.CreateKeyRequest(
            client=client,
            roles=roles,
            expires_at_ms=expires_at_ms,
            quota_rate_per_s=quota_rate_per_s,
            quota_burst=quota_burst,
        )
        return await key_calls.create(self._gateway, request)

    async def create_publishable_key(
        self,
        client: str,
        origins: Iterable[str],
        *,
        reader_rate_per_s: float = 0.0,
        reader_burst: int = 0,
        expires_at_ms: int = 0,
        quota_rate_per_s: float = 0.0,
        quota_burst: int = 0,
    ) -> NewApiKey:
        """Makes an API key that may stand in the source of pages of these origins (``https://blog.example``): they run
        programs with it over HTTP. ``reader_…`` bounds each of their readers (0: what is usual), ``quota_…`` all of
        them together. Else as ``create_key``."""
        request = keys_pb2.CreateKeyRequest(
            client=client,
            roles=["page"],
            origins=origins,
            reader_rate_per_s=reader_rate_per_s,
            reader_burst=reader_burst,
            expires_at_ms=expires_at_ms,
            quota_rate_per_s=quota_rate_per_s,
            quota_burst=quota_burst,
        )
        return await key_calls.create(self._gateway, request)

    async def keys(self, client: str = "", limit: int | None = None) -> AsyncIterator[ApiKey]:
        """The API keys of a client (empty: all), newest first, with those that expired or were revoked."""
        async for key in key_calls.listed(self._gateway, client, limit):
            yield key

    async def revoke_key(self, key_id: str) -> ApiKey:
        """Has an API key refused from now on; by other gateways within seconds. Raises NotFound."""
        return await key_calls.revoke(self._gateway, key_id)
