-module(main).
-export([main/1]).

main(Words) ->
    case io:get_line("") of
        eof -> ok;
        Line -> io:put_chars(string:uppercase(Line)), main(Words)
    end.
