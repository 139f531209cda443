process.on("SIGTERM", () => {});
console.log("sleeping");
setInterval(() => {}, 1000);
