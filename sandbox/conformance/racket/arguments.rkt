#lang racket
(for ([word (current-command-line-arguments)])
  (displayln word))
