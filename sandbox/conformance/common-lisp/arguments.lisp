(dolist (word (cdr sb-ext:*posix-argv*))
  (write-line word))
