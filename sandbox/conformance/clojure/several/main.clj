(load-file "other.clj")

(println (other/greeting))
