function fail(x) {
    x["here"] = 1; return x + 1
}

BEGIN { fail() }
