const { greeting } = require("./other.js");

console.log(greeting());
