println "first"

println "here" )
