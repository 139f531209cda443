const net = require("node:net");
const http = require("node:http");
const dgram = require("node:dgram");
let open = 0;
for (const options of [{ path: "/var/run/docker.sock" }, { host: "169.254.169.254", port: 80 }, { host: "172.17.0.1", port: 2375 },
  { host: "::1", port: 4222 }, { host: "127.0.0.1", port: 4222 }, { host: "example.com", port: 80 }]) {
  open += 1;
  const line = net.connect(options, () => { console.log("ESCAPED: reached", options); });
  line.setTimeout(300, () => line.destroy());
  line.on("error", () => {});
  line.on("close", () => { open -= 1; if (open === 0) console.log("tried"); });
}
http.get("http://169.254.169.254/latest/meta-data/", (answer) => console.log("ESCAPED:", answer.statusCode)).on("error", () => {});
const letter = dgram.createSocket("udp4");
letter.send("x", 53, "8.8.8.8", (error) => { letter.close(); if (!error) console.log("ESCAPED: sent"); });
