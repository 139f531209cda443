import random
from enum import Enum, auto


class Room(Enum):
    HALL = auto()
    CELLAR = auto()
    TOWER = auto()
    GARDEN = auto()


DOORS = {
    Room.HALL: {"down": Room.CELLAR, "up": Room.TOWER, "out": Room.GARDEN},
    Room.CELLAR: {"up": Room.HALL},
    Room.TOWER: {"down": Room.HALL},
    Room.GARDEN: {"in": Room.HALL},
}


class Player:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.room = Room.HALL
        self.coins = 0
        self.steps = []

    def walk(self):
        way = self.random.choice(sorted(DOORS[self.room]))
        self.room = DOORS[self.room][way]
        self.steps.append(way)
        if self.random.random() < 0.4:
            self.coins += self.random.randint(1, 6)


player = Player(seed=2024)
while player.coins < 20:
    player.walk()
print(len(player.steps), "steps:", " ".join(player.steps))
print("in the", player.room.name.lower(), "with", player.coins, "coins")
