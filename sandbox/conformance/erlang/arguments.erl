-module(main).
-export([main/1]).

main(Words) ->
    [io:format("~ts~n", [Word]) || Word <- Words].
