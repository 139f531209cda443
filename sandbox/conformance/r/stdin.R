for (line in readLines("stdin")) cat(toupper(line), "\n", sep = "")
