let () = print_endline (Other.greeting ())
