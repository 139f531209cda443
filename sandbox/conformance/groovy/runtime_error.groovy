def fail() {
    throw new IllegalStateException("got here")
}

fail()
