const fs = require("node:fs");
for (;;) { fs.writeSync(1, "x".repeat(4096)); fs.writeSync(2, "y".repeat(4096)); }
