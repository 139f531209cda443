#lang racket
(provide greeting)
(define (greeting) "Hello from the other file!")
