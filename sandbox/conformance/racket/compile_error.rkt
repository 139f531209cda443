#lang racket
(displayln "first")
(displayln here)
