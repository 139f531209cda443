function fail() {
  throw new Error("got here");
}

fail();
