sub fail {
    die "got here";
}

fail();
