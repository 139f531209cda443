(let loop ((kept '()))
  (loop (cons (make-vector 131072 1) kept)))
