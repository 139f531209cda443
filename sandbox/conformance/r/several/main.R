source("other.R")

cat(greeting(), "\n", sep = "")
