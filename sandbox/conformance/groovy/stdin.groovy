System.in.eachLine("UTF-8") { println it.toUpperCase() }
