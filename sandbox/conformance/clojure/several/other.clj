(ns other)

(defn greeting []
  "Hello from the other file!")
