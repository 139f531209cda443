#lang racket
(define (fail x)
  (if (vector? x) (error "got here") x))

(displayln (add1 (fail (vector 1))))
