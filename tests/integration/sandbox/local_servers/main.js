const http = require("http");
const dgram = require("dgram");
const net = require("net");

const server = http.createServer((request, response) => response.end("hello"));
server.listen(3000, "127.0.0.1", async () => {
  const answer = await (await fetch("http://127.0.0.1:3000/")).text();
  server.close();
  server.closeAllConnections();
  const listener = dgram.createSocket("udp4");
  listener.on("message", (message) => {
    listener.close();
    const echo = net.createServer((peer) => peer.setNoDelay().setKeepAlive(true).pipe(peer));
    echo.listen(0, "127.0.0.1", () => {
      const client = net.connect(echo.address().port, "127.0.0.1", () => client.end("hello"));
      client.on("data", (data) => {
        echo.close();
        if (answer === "hello" && `${message}` === "hello" && `${data}` === "hello") console.log("served");
      });
    });
  });
  listener.bind(5000, "127.0.0.1", () => {
    const sender = dgram.createSocket("udp4");
    sender.send("hello", 5000, "127.0.0.1", () => sender.close());
  });
});
