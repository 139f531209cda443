"use strict";
// Each sample: an editor, a Run button, and what comes back. Text from programs is only ever set as text.

const MOST_SHOWN = 200_000; // characters; more would make the page slow

class Sample {
  constructor(figure) {
    this.figure = figure;
    this.language = figure.dataset.language;
    for (const [name, selector] of Object.entries({
      editor: "textarea", shadow: ".editor pre", runButton: ".run", resetButton: ".reset",
      stdin: ".stdin input", outcome: ".outcome", marker: ".mark", output: ".output", verdict: ".verdict",
    })) this[name] = figure.querySelector(selector);
    this.original = this.editor.value;
    this.highlight = highlighter(this.language);
    this.run = null;
    this.editor.addEventListener("input", () => this.edited());
    this.editor.addEventListener("keydown", (event) => this.key(event));
    this.stdin?.addEventListener("keydown", (event) => { if (event.key === "Enter") this.start(); });
    this.runButton.addEventListener("click", () => (this.run ? this.stop() : this.start()));
    this.resetButton.addEventListener("click", () => { this.editor.value = this.original; this.edited(); });
    this.edited();
  }

  edited() {
    this.highlight(this.editor.value, this.shadow);
    this.marker.hidden = true;
    this.resetButton.hidden = this.editor.value === this.original;
  }

  key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!this.run) this.start();
    } else if (event.key === "Tab" && !event.shiftKey && !event.ctrlKey && !event.altKey && this.typed) {
      event.preventDefault(); // after typing, Tab indents; before, it leaves the editor as everywhere else
      this.editor.setRangeText(this.language === "go" ? "\t" : "    ", this.editor.selectionStart, this.editor.selectionEnd, "end");
      this.edited();
    }
    this.typed = event.key !== "Escape" && (this.typed || event.key.length === 1);
  }

  async start() {
    const run = { id: null, seen: 0, attempt: 0, shown: 0, began: performance.now(), ended: false };
    this.run = run;
    this.figure.classList.add("running");
    this.runButton.textContent = "Stop";
    this.outcome.hidden = false;
    this.output.replaceChildren();
    this.marker.hidden = true;
    this.say("running");
    try {
      const body = JSON.stringify({ language: this.language, source: `${this.editor.value}\n`, stdin: this.stdin ? `${this.stdin.value}\n` : "" });
      await this.read(run, await fetch("/run", { method: "POST", headers: { "Content-Type": "application/json" }, body }));
      for (let wait = 250; !run.ended && run.id; wait = Math.min(wait * 2, 4000)) { // the connection broke: pick up the thread
        await new Promise((resume) => setTimeout(resume, wait));
        await this.read(run, await fetch(`/run/${encodeURIComponent(run.id)}?after=${run.seen}`)).catch(() => {});
        if (performance.now() - run.began > 120_000) break;
      }
      if (!run.ended) this.complain("The connection was lost. Please run it again.");
    } catch {
      if (!run.ended) this.complain("This blog cannot be reached. Is the network there?");
    }
    this.finish(run);
  }

  async read(run, response) {
    if (!response.ok) {
      run.ended = true;
      const text = await response.text();
      let words = text;
      try { words = JSON.parse(text).error; } catch { /* plain words */ }
      this.complain(words || "Something broke on our side. Please try again.");
      return;
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      let piece;
      try { piece = await reader.read(); } catch { return; } // broken: the caller picks up the thread
      if (piece.done) return;
      const blocks = (rest + piece.value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) this.take(run, block);
    }
  }

  take(run, block) {
    const fields = Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]));
    if (!fields.event) return;
    run.seen = Number(fields.id);
    const data = JSON.parse(fields.data);
    if (fields.event === "accepted") run.id = data.id;
    else if (fields.event === "state") this.say(data.status === "QUEUED" ? "waiting for a free machine" : "running");
    else if (fields.event === "output") this.print(run, data);
    else if (fields.event === "result") this.conclude(run, data);
    else if (fields.event === "failed") { run.ended = true; this.complain(data.error); }
  }

  print(run, { stage, stream, text, attempt }) {
    if (attempt > run.attempt && run.attempt) this.output.replaceChildren(); // another machine started over
    run.attempt = attempt;
    const room = MOST_SHOWN - run.shown;
    if (room <= 0) return;
    run.shown += text.length;
    const shown = text.slice(0, room);
    const error = stream === "STDERR" || stage === "compile";
    const last = this.output.lastChild;
    const atEnd = this.output.scrollHeight - this.output.scrollTop - this.output.clientHeight < 40;
    if (last && last.classList.contains("error") === error) last.append(shown);
    else {
      const span = document.createElement("span");
      if (error) span.className = "error";
      span.textContent = shown;
      this.output.append(span);
    }
    if (atEnd) this.output.scrollTop = this.output.scrollHeight;
  }

  conclude(run, result) {
    run.ended = true;
    const facts = [];
    if (result.error) facts.push(this.mark(result.error));
    if (result.words) facts.push(Object.assign(document.createElement("b"), { textContent: result.words }));
    if (!this.output.hasChildNodes() && !result.words) facts.push("It printed nothing.");
    facts.push(`${duration(performance.now() - run.began)} from click to result`);
    if (result.wall_ms) facts.push(`ran ${duration(result.wall_ms)}`);
    if (result.kept_from_ms) facts.push(`kept from ${new Date(result.kept_from_ms).toLocaleTimeString()}`);
    if (result.memory_bytes) facts.push(`${(result.memory_bytes / 1048576).toFixed(1)} MiB`);
    if (result.cut || run.shown > MOST_SHOWN) facts.push("output cut");
    this.verdict.replaceChildren(...facts.map((fact) => { const span = document.createElement("span"); span.append(fact); return span; }));
    this.finish(run);
  }

  mark({ line, message }) { // every sample is one file
    this.marker.style.top = `calc(1rem + ${line - 1}lh)`;
    this.marker.hidden = line > this.editor.value.split("\n").length;
    return Object.assign(document.createElement("b"), { textContent: `Line ${line}: ${message}` });
  }

  async stop() {
    const { id } = this.run;
    if (!id) return;
    this.say("stopping");
    await fetch(`/run/${encodeURIComponent(id)}/cancel`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).catch(() => {});
  }

  finish(run) {
    if (this.run !== run) return;
    this.run = null;
    this.figure.classList.remove("running");
    this.runButton.textContent = "Run";
  }

  say(words) { this.verdict.replaceChildren(words); }
  complain(words) { this.verdict.replaceChildren(Object.assign(document.createElement("b"), { textContent: words })); }
}

function duration(ms) { return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`; }

for (const figure of document.querySelectorAll(".sample")) new Sample(figure);
