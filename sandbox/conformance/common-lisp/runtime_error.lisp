(defun fail ()
  (error "got here"))

(fail)
