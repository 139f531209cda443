-module(other).
-export([greeting/0]).

greeting() ->
    "Hello from the other file!".
