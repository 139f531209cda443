"""The use cases of large content on the in-memory stores."""

from __future__ import annotations

from collections.abc import Callable

from broker_gateway.application.blob_service import BlobAppService, FindExecution
from broker_gateway.application.uploading import Uploading
from broker_gateway.domain.blobs import BlobPolicy
from tests.fakes.memory_blobs import MemoryBlobStore, MemoryLeftFileStore
from tests.fakes.memory_bus import MemoryBus


class BlobsOnFakes:
    """The stores, and what stands on them."""

    def __init__(self, bus: MemoryBus, clock: Callable[[], int]) -> None:
        self.store, self.files = MemoryBlobStore(bus), MemoryLeftFileStore()
        self._clock = clock

    def uploading(self, policy: BlobPolicy | None = None) -> Uploading:
        return Uploading(self.store, policy or BlobPolicy(), self._clock)

    def service(self, execution: FindExecution, policy: BlobPolicy | None = None) -> BlobAppService:
        uploading = self.uploading(policy)
        return BlobAppService(store=self.store, files=self.files, uploading=uploading, execution=execution)
