(for-each (lambda (word) (display word) (newline))
          (cdr (command-line)))
