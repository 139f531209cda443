(use-modules (ice-9 rdelim))

(let next ((line (read-line)))
  (unless (eof-object? line)
    (display (string-upcase line))
    (newline)
    (next (read-line))))
