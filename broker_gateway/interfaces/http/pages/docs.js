"use strict";
// Shows the operations of openapi.json, and tries them. Everything is put there as text, never as markup.

const EXAMPLES = {
  TaskBody: { language: "python", files: [{ content: "print(6 * 7)" }] },
  BatchBody: { tasks: [{ language: "python", files: [{ content: "print(6 * 7)" }] }] },
};

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

function field(parameter) {
  const input = element("input");
  input.name = parameter.name;
  if (parameter.name === "wait") input.value = "10";
  const words = `${parameter.name}${parameter.required ? "" : " (may be empty)"}: ${parameter.description}`;
  return { parameter, input, label: element("label", "", element("span", words), input) };
}

function address(path, fields) {
  const query = new URLSearchParams();
  for (const { parameter, input } of fields) {
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (parameter.in === "query" && input.value) query.append(parameter.name, input.value);
  }
  return query.size ? `${path}?${query}` : path;
}

function headersOf(fields, hasBody) {
  const headers = hasBody ? { "Content-Type": "application/json" } : {};
  const token = document.getElementById("token").value;
  if (token) headers.Authorization = `Bearer ${token}`;
  for (const { parameter, input } of fields) {
    if (parameter.in === "header" && input.value) headers[parameter.name] = input.value;
  }
  return headers;
}

async function show(response, output) {
  output.textContent = `${response.status} ${response.statusText}\n`;
  if ((response.headers.get("content-type") || "").startsWith("text/event-stream")) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) output.append(part.value);
    return;
  }
  const text = await response.text();
  try {
    output.append(JSON.stringify(JSON.parse(text), null, 2));
  } catch {
    output.append(text);
  }
}

function operation(path, verb, told) {
  const fields = (told.parameters || []).map(field);
  const schema = told.requestBody?.content["application/json"].schema.$ref?.split("/").pop();
  const body = schema ? element("textarea") : null;
  const inside = element("div", "", ...fields.map((one) => one.label));
  inside.className = "inside";
  if (body) {
    body.rows = 8;
    body.value = JSON.stringify(EXAMPLES[schema] || {}, null, 2);
    inside.append(element("label", "", element("span", `body: ${schema}`), body));
  }
  const button = element("button", "Try it");
  const output = element("pre");
  output.hidden = true;
  button.addEventListener("click", async () => {
    output.hidden = false;
    output.textContent = "…";
    const request = { method: verb.toUpperCase(), headers: headersOf(fields, body !== null) };
    if (body) request.body = body.value;
    try {
      await show(await fetch(address(path, fields), request), output);
    } catch (error) {
      output.textContent = String(error);
    }
  });
  inside.append(button, output);
  const name = element("span", verb.toUpperCase());
  name.className = "verb";
  return element("details", "", element("summary", "", name, element("code", path), told.summary), inside);
}

async function start() {
  const told = await (await fetch("openapi.json")).json();
  document.getElementById("about").textContent = `${told.info.description} Version ${told.info.version}.`;
  const all = Object.entries(told.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, one]) => operation(path, verb, one)));
  document.getElementById("operations").replaceChildren(...all);
}

start();
