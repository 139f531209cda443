-module(main).
-export([main/1]).

main(Words) ->
    main(Words).
