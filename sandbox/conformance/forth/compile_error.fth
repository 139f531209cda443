.( first) cr

: greet here-is-nothing ;
