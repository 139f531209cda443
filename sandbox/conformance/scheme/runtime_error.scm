(define (fail x)
  (+ 1 (vector-ref x 9))) ; here

(display (fail (vector 1)))
