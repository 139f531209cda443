const { Worker, isMainThread } = require("node:worker_threads");
if (isMainThread) for (let n = 0; n < 3; ++n) new Worker(__filename);
console.log("spinning");
for (;;);
