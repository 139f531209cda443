const { spawn } = require("node:child_process");
const fs = require("node:fs");
for (let n = 0; n < 5; ++n) spawn("sh", ["-c", "trap '' TERM; while :; do sleep 0.01; : > /tmp/alive$$; done"], { detached: true, stdio: "ignore" }).unref();
setTimeout(() => { console.log("left"); process.exit(0); }, 150);
