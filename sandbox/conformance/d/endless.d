import core.volatile;

void main() {
    ubyte n;
    for (;;) volatileStore(&n, 1);
}
