from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class JoinRequest(_message.Message):
    __slots__ = ("node_id", "nats_public_key", "pools", "signature")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NATS_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    nats_public_key: str
    pools: _containers.RepeatedScalarFieldContainer[str]
    signature: bytes
    def __init__(self, node_id: _Optional[str] = ..., nats_public_key: _Optional[str] = ..., pools: _Optional[_Iterable[str]] = ..., signature: _Optional[bytes] = ...) -> None: ...

class JoinResponse(_message.Message):
    __slots__ = ("nats_urls", "nats_user", "nats_tls_authorities", "etcd_endpoints", "etcd_user", "etcd_password", "etcd_tls_authorities")
    NATS_URLS_FIELD_NUMBER: _ClassVar[int]
    NATS_USER_FIELD_NUMBER: _ClassVar[int]
    NATS_TLS_AUTHORITIES_FIELD_NUMBER: _ClassVar[int]
    ETCD_ENDPOINTS_FIELD_NUMBER: _ClassVar[int]
    ETCD_USER_FIELD_NUMBER: _ClassVar[int]
    ETCD_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    ETCD_TLS_AUTHORITIES_FIELD_NUMBER: _ClassVar[int]
    nats_urls: _containers.RepeatedScalarFieldContainer[str]
    nats_user: str
    nats_tls_authorities: str
    etcd_endpoints: _containers.RepeatedScalarFieldContainer[str]
    etcd_user: str
    etcd_password: str
    etcd_tls_authorities: str
    def __init__(self, nats_urls: _Optional[_Iterable[str]] = ..., nats_user: _Optional[str] = ..., nats_tls_authorities: _Optional[str] = ..., etcd_endpoints: _Optional[_Iterable[str]] = ..., etcd_user: _Optional[str] = ..., etcd_password: _Optional[str] = ..., etcd_tls_authorities: _Optional[str] = ...) -> None: ...

class JoinedNode(_message.Message):
    __slots__ = ("node_id", "pools", "nats_public_key", "joined_at_ms", "by")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    NATS_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    JOINED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    pools: _containers.RepeatedScalarFieldContainer[str]
    nats_public_key: str
    joined_at_ms: int
    by: str
    def __init__(self, node_id: _Optional[str] = ..., pools: _Optional[_Iterable[str]] = ..., nats_public_key: _Optional[str] = ..., joined_at_ms: _Optional[int] = ..., by: _Optional[str] = ...) -> None: ...

class ListJoinedRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListJoinedResponse(_message.Message):
    __slots__ = ("nodes", "next_page_token")
    NODES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[JoinedNode]
    next_page_token: str
    def __init__(self, nodes: _Optional[_Iterable[_Union[JoinedNode, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ForgetRequest(_message.Message):
    __slots__ = ("node_id",)
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    def __init__(self, node_id: _Optional[str] = ...) -> None: ...

class ForgetResponse(_message.Message):
    __slots__ = ("node",)
    NODE_FIELD_NUMBER: _ClassVar[int]
    node: JoinedNode
    def __init__(self, node: _Optional[_Union[JoinedNode, _Mapping]] = ...) -> None: ...
