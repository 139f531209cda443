package Other;

sub greeting {
    return "Hello from the other file!";
}

1;
