System.err.println "to standard error"
