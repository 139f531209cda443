local other = require("other")
print(other.greeting())
