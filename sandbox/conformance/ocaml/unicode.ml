let () = print_endline "Grüße, 世界! 🎉"
