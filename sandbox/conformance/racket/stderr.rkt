#lang racket
(displayln "to standard error" (current-error-port))
