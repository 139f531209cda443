// The search runs in a worker, which browsers refuse to pages that are read from the disk. There a hidden frame does its work.
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.inside = frame.contentWindow;
      this.inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.inside.importScripts = (...addresses) => Promise.all(addresses.map((one) => this.load(one)));
      this.loaded = this.load(address);
    }

    load(address) {
      const script = this.inside.document.createElement("script");
      const loaded = new Promise((done) => script.addEventListener("load", done));
      script.src = new URL(address, location.href);
      this.inside.document.body.append(script);
      return loaded;
    }

    postMessage(data) {
      this.loaded.then(() => this.inside.dispatchEvent(new this.inside.MessageEvent("message", { data })));
    }
  };
}
