"""The operators' part of the fake gateway: dead letters, callbacks and nodes, as its script has them."""

from __future__ import annotations

from typing import Any

import grpc

from coderunner.v1 import operations_pb2, operations_pb2_grpc


class ScriptedOperations(operations_pb2_grpc.OperationsServiceServicer):
    """Answers from the lists of the gateway that it is a part of."""

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway

    def ListDead(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("ListDead", request, context)
        letters = [one for one in self._gateway.letters if request.reason in ("", one.reason)]
        start = int(request.page_token or 0)
        end = start + min(request.page_size or 50, 2)  # small pages, so that paging shows
        bare = [operations_pb2.DeadLetter() for _ in letters[start:end]]
        for shown, letter in zip(bare, letters[start:end], strict=True):
            shown.CopyFrom(letter)
            shown.payload = ""
        return operations_pb2.ListDeadResponse(letters=bare, next_page_token=str(end) if end < len(letters) else "")

    def GetDead(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("GetDead", request, context)
        return operations_pb2.GetDeadResponse(letter=self._letter(request.id, context))

    def Redrive(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("Redrive", request, context)
        letter = self._letter(request.id, context)
        if letter.reason == "malformed":
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "its message cannot be read")
        self._gateway.letters.remove(letter)
        return operations_pb2.RedriveResponse()

    def ListCallbacks(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("ListCallbacks", request, context)
        found = [one for one in self._gateway.callbacks if request.state in ("", one.state)]
        start = int(request.page_token or 0)
        end = start + min(request.page_size or 50, 2)
        token = str(end) if end < len(found) else ""
        return operations_pb2.ListCallbacksResponse(records=found[start:end], next_page_token=token)

    def DrainNode(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("DrainNode", request, context)
        return operations_pb2.DrainNodeResponse(accepted=request.id in [node.id for node in self._gateway.nodes])

    def _letter(self, task_id: str, context: grpc.ServicerContext) -> Any:
        for letter in self._gateway.letters:
            if letter.id == task_id:
                return letter
        context.abort(grpc.StatusCode.NOT_FOUND, f"there is no dead letter '{task_id}'")
        raise AssertionError
