from dataclasses import dataclass, field
from decimal import Decimal
from typing import Optional


class InsufficientFunds(Exception):
    pass


@dataclass
class Account:
    owner: str
    balance: Decimal = Decimal("0")
    history: list[tuple[str, Decimal]] = field(default_factory=list)

    def deposit(self, amount: Decimal) -> None:
        if amount <= 0:
            raise ValueError(f"cannot deposit {amount}")
        self.balance += amount
        self.history.append(("deposit", amount))

    def withdraw(self, amount: Decimal, note: Optional[str] = None) -> None:
        if amount > self.balance:
            raise InsufficientFunds(f"{self.owner} is {amount - self.balance} short")
        self.balance -= amount
        self.history.append((note or "withdrawal", amount))


def transfer(source: Account, target: Account, amount: Decimal) -> None:
    source.withdraw(amount, note=f"to {target.owner}")
    target.deposit(amount)


alice, bob = Account("Alice", Decimal("100.00")), Account("Bob")
transfer(alice, bob, Decimal("30.10"))
bob.deposit(Decimal("0.20"))
for attempt in (lambda: transfer(bob, alice, Decimal("99")), lambda: bob.deposit(Decimal("-1"))):
    try:
        attempt()
    except (InsufficientFunds, ValueError) as error:
        print(type(error).__name__, "-", error)
print(alice)
print(bob)
