"""The client role that each method needs: one table; a method that is not in it is nobody's."""

from __future__ import annotations

from broker_gateway.domain.client_role import ClientRole

_EXECUTION = "/coderunner.v1.ExecutionService/"
_CATALOG = "/coderunner.v1.CatalogService/"
_BLOB = "/coderunner.v1.BlobService/"
OPERATIONS = "/coderunner.v1.OperationsService/"
KEYS = "/coderunner.v1.KeyService/"
NODES = "/coderunner.v1.NodeService/"

NEEDED: dict[str, ClientRole | None] = {
    f"{_EXECUTION}Submit": ClientRole.SUBMIT,
    f"{_EXECUTION}SubmitBatch": ClientRole.SUBMIT,
    f"{_EXECUTION}Execute": ClientRole.SUBMIT,
    f"{_EXECUTION}Interact": ClientRole.SUBMIT,
    f"{_EXECUTION}SubmitAndWatch": ClientRole.SUBMIT,
    f"{_EXECUTION}Cancel": ClientRole.SUBMIT,
    f"{_EXECUTION}Get": ClientRole.READ_OWN,
    f"{_EXECUTION}GetSource": ClientRole.READ_OWN,
    f"{_EXECUTION}Watch": ClientRole.READ_OWN,
    f"{_EXECUTION}List": ClientRole.READ_OWN,
    f"{_EXECUTION}CallbackAttempts": ClientRole.READ_OWN,
    f"{_BLOB}PutBlob": ClientRole.SUBMIT,
    f"{_BLOB}FindBlob": ClientRole.SUBMIT,
    f"{_BLOB}GetBlob": ClientRole.READ_OWN,
    f"{_CATALOG}ListLanguages": None,
    f"{_CATALOG}ListNodes": None,
    f"{OPERATIONS}ListDead": ClientRole.READ_ALL,
    f"{OPERATIONS}GetDead": ClientRole.READ_ALL,
    f"{OPERATIONS}ListCallbacks": ClientRole.READ_ALL,
    f"{OPERATIONS}ListAudit": ClientRole.READ_ALL,
    f"{OPERATIONS}Redrive": ClientRole.OPERATE,
    f"{OPERATIONS}PurgeCache": ClientRole.OPERATE,
    f"{OPERATIONS}DrainNode": ClientRole.OPERATE,
    f"{NODES}Join": ClientRole.JOIN,
    f"{NODES}ListJoined": ClientRole.OPERATE,
    f"{NODES}Forget": ClientRole.OPERATE,
    f"{KEYS}CreateKey": ClientRole.ADMIN,
    f"{KEYS}ListKeys": ClientRole.ADMIN,
    f"{KEYS}RevokeKey": ClientRole.ADMIN,
}
"""Method (``/package.Service/Method``) to the role that it needs; None: whoever is known may call it."""

FOR_PAGES = frozenset(
    (
        *(f"{_EXECUTION}{name}" for name in ("Submit", "Execute", "Interact", "Get", "Watch", "Cancel")),
        f"{_CATALOG}ListLanguages",
    )
)
"""What a publishable key opens, over HTTP alone: running a program, talking to it, and what concerns a task whose id
one knows."""


def refusal(method: str, roles: frozenset[ClientRole]) -> str:
    """Why a caller with these roles may not call the method; empty where he may."""
    if method not in NEEDED:
        return "nobody may call this method"
    needed = NEEDED[method]
    if needed is None or needed in roles:
        return ""
    return f"this needs the role {needed.value}, which this caller has not: a token of operators or admins has more"
