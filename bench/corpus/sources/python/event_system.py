from abc import ABC, abstractmethod
from collections import defaultdict
from typing import Any, Callable, Protocol


class Listener(Protocol):
    def __call__(self, **details: Any) -> None: ...


class Bus:
    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = defaultdict(list)

    def on(self, name: str) -> Callable[[Listener], Listener]:
        def register(listener: Listener) -> Listener:
            self._listeners[name].append(listener)
            return listener

        return register

    def emit(self, name: str, **details: Any) -> int:
        for listener in self._listeners[name]:
            listener(**details)
        return len(self._listeners[name])


class Shape(ABC):
    @abstractmethod
    def area(self) -> float: ...

    def __lt__(self, other: "Shape") -> bool:
        return self.area() < other.area()


class Square(Shape):
    def __init__(self, side: float) -> None:
        self.side = side

    def area(self) -> float:
        return self.side**2


class Circle(Shape):
    def __init__(self, radius: float) -> None:
        self.radius = radius

    def area(self) -> float:
        return 3.14159 * self.radius**2


bus = Bus()


@bus.on("drawn")
def report(*, shape: Shape, **_: Any) -> None:
    print(f"{type(shape).__name__} of {shape.area():.2f}")


@bus.on("drawn")
def check(*, shape: Shape, limit: float) -> None:
    print("  too large" if shape.area() > limit else "  fits")


print([bus.emit("drawn", shape=shape, limit=5) for shape in sorted([Square(3), Circle(1), Square(1.5)])])
print(bus.emit("erased"))
try:
    Shape()
except TypeError as error:
    print(error)
