import operator
import re
from typing import Iterator, NamedTuple


class Token(NamedTuple):
    kind: str
    text: str


RULES = [("number", r"\d+(?:\.\d+)?"), ("name", r"[A-Za-z_]\w*"), ("op", r"[-+*/^()=]"), ("space", r"\s+"), ("bad", r".")]
PATTERN = re.compile("|".join(f"(?P<{kind}>{rule})" for kind, rule in RULES))
POWER = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}
ACTIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "^": operator.pow}


def tokens(text: str) -> Iterator[Token]:
    for match in PATTERN.finditer(text):
        if match.lastgroup == "bad":
            raise SyntaxError(f"{match.group()!r} at {match.start()}")
        if match.lastgroup != "space":
            yield Token(match.lastgroup, match.group())


def postfix(stream: Iterator[Token]) -> list[Token]:
    out, stack = [], []
    for token in stream:
        if token.kind in ("number", "name"):
            out.append(token)
        elif token.text == "(":
            stack.append(token)
        elif token.text == ")":
            while stack[-1].text != "(":
                out.append(stack.pop())
            stack.pop()
        else:
            while stack and POWER.get(stack[-1].text, 0) >= POWER[token.text] and token.text != "^":
                out.append(stack.pop())
            stack.append(token)
    return out + stack[::-1]


def evaluate(text: str, names: dict[str, float]) -> float:
    stack = []
    for token in postfix(tokens(text)):
        if token.kind == "op":
            right, left = stack.pop(), stack.pop()
            stack.append(ACTIONS[token.text](left, right))
        else:
            stack.append(names[token.text] if token.kind == "name" else float(token.text))
    return stack[0]


for text in ("1 + 2 * 3", "(1 + 2) * 3", "2 ^ 3 ^ 2", "x / 4 - y", "8 / 2 / 2", "3 $ 4"):
    try:
        print(f"{text:<14} = {evaluate(text, {'x': 10, 'y': 0.5}):g}")
    except SyntaxError as error:
        print(f"{text:<14} ! {error}")
