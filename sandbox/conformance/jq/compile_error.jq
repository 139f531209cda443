"first",

"here" )
