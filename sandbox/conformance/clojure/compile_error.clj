(println "first")

(println here)
