(defn fail []
  (throw (ex-info "got here" {})))

(fail)
