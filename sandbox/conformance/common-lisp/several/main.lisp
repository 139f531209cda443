(load "other.lisp")

(write-line (greeting))
