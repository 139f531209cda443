(doseq [word *command-line-args*]
  (println word))
