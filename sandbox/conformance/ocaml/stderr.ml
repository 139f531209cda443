let () = prerr_endline "to standard error"
