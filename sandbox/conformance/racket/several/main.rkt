#lang racket
(require "other.rkt")
(displayln (greeting))
