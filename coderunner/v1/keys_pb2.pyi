from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ApiKey(_message.Message):
    __slots__ = ("id", "client", "roles", "quota_rate_per_s", "quota_burst", "created_at_ms", "expires_at_ms", "revoked_at_ms", "last_used_at_ms", "origins", "reader_rate_per_s", "reader_burst")
    ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    QUOTA_RATE_PER_S_FIELD_NUMBER: _ClassVar[int]
    QUOTA_BURST_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_MS_FIELD_NUMBER: _ClassVar[int]
    REVOKED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    LAST_USED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ORIGINS_FIELD_NUMBER: _ClassVar[int]
    READER_RATE_PER_S_FIELD_NUMBER: _ClassVar[int]
    READER_BURST_FIELD_NUMBER: _ClassVar[int]
    id: str
    client: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    quota_rate_per_s: float
    quota_burst: int
    created_at_ms: int
    expires_at_ms: int
    revoked_at_ms: int
    last_used_at_ms: int
    origins: _containers.RepeatedScalarFieldContainer[str]
    reader_rate_per_s: float
    reader_burst: int
    def __init__(self, id: _Optional[str] = ..., client: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., quota_rate_per_s: _Optional[float] = ..., quota_burst: _Optional[int] = ..., created_at_ms: _Optional[int] = ..., expires_at_ms: _Optional[int] = ..., revoked_at_ms: _Optional[int] = ..., last_used_at_ms: _Optional[int] = ..., origins: _Optional[_Iterable[str]] = ..., reader_rate_per_s: _Optional[float] = ..., reader_burst: _Optional[int] = ...) -> None: ...

class CreateKeyRequest(_message.Message):
    __slots__ = ("client", "roles", "quota_rate_per_s", "quota_burst", "expires_at_ms", "origins", "reader_rate_per_s", "reader_burst")
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    QUOTA_RATE_PER_S_FIELD_NUMBER: _ClassVar[int]
    QUOTA_BURST_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ORIGINS_FIELD_NUMBER: _ClassVar[int]
    READER_RATE_PER_S_FIELD_NUMBER: _ClassVar[int]
    READER_BURST_FIELD_NUMBER: _ClassVar[int]
    client: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    quota_rate_per_s: float
    quota_burst: int
    expires_at_ms: int
    origins: _containers.RepeatedScalarFieldContainer[str]
    reader_rate_per_s: float
    reader_burst: int
    def __init__(self, client: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., quota_rate_per_s: _Optional[float] = ..., quota_burst: _Optional[int] = ..., expires_at_ms: _Optional[int] = ..., origins: _Optional[_Iterable[str]] = ..., reader_rate_per_s: _Optional[float] = ..., reader_burst: _Optional[int] = ...) -> None: ...

class CreateKeyResponse(_message.Message):
    __slots__ = ("key", "secret")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    key: ApiKey
    secret: str
    def __init__(self, key: _Optional[_Union[ApiKey, _Mapping]] = ..., secret: _Optional[str] = ...) -> None: ...

class ListKeysRequest(_message.Message):
    __slots__ = ("client", "page_size", "page_token")
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    client: str
    page_size: int
    page_token: str
    def __init__(self, client: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListKeysResponse(_message.Message):
    __slots__ = ("keys", "next_page_token")
    KEYS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedCompositeFieldContainer[ApiKey]
    next_page_token: str
    def __init__(self, keys: _Optional[_Iterable[_Union[ApiKey, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RevokeKeyRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class RevokeKeyResponse(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: ApiKey
    def __init__(self, key: _Optional[_Union[ApiKey, _Mapping]] = ...) -> None: ...
