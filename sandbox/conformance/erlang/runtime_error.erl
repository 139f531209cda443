-module(main).
-export([main/1]).

main(_) ->
    error(got_here).
