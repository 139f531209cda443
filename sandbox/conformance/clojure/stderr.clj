(binding [*out* *err*]
  (println "to standard error"))
