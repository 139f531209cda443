// Making parts of a page. Nothing here reads HTML: what comes from programs and pages is only ever set as text.

/** An element with properties, attributes (`aria-…`, `role`, `part`, …: whatever is no property) and children. */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** The element that a page's author names: `#id` or another selector; null where it is none, or not there. */
export function found(selector, within = document) {
  try {
    return within.querySelector(selector);
  } catch {
    return null;
  }
}

/** The text that a page keeps in an element: a `<script type="text/plain">`, a `<template>`, a `<pre>`. */
export function textOf(element) {
  return trimmed((element.content ?? element).textContent);
}

/** A text without the line feeds that HTML's layout puts around it. */
export function trimmed(text) {
  return text.replace(/^(?:[ \t]*\r?\n)+/, '').trimEnd();
}

/** The text of an element without white space and digits: what is alike where there are numbers of lines beside code. */
export function bare(element) {
  return element.textContent.replace(/[\s\d]/g, '');
}
