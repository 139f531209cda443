import string
import textwrap
from itertools import cycle

STORY = (
    "A blog post about text needs some text: long enough to be wrapped, short enough to be read, and with a few words "
    "that are longer than others, such as antidisestablishmentarianism."
)


def vigenere(text, key, sign=1):
    letters = string.ascii_lowercase
    shifts = cycle(letters.index(char) for char in key)
    return "".join(
        letters[(letters.index(char) + sign * next(shifts)) % 26] if char in letters else char for char in text
    )


print(textwrap.fill(STORY, width=48, initial_indent="* ", subsequent_indent="  "))
print(textwrap.shorten(STORY, width=50, placeholder=" ..."))
secret = vigenere("attack at dawn", "lemon")
print(secret, "|", vigenere(secret, "lemon", -1))
print(string.Template("Dear $name, you owe $$$amount.").substitute(name="Ada", amount=12))
print(STORY.translate(str.maketrans("", "", string.punctuation)).upper()[:40])
for value in (3.14159, 1234567.891, -42):
    print(f"[{value:>14,.2f}] [{value:<+14.1e}] [{value:^14}]")
for n in (5, 42, 255):
    print(f"{n:08b} {n:#x} {n:o} {n!r:>5}")
print("{0}-{1}-{0}".format("tick", "tock"), "%s has %d items" % ("cart", 3))
