// Where programs are run, and what is said once for all elements of a page.

import { languageOf } from './attach.js';
import { isKnown } from './languages.js';
import { bare, found, make, textOf } from './dom.js';
import { learn } from './words.js';

export const SCRIPT = document.currentScript?.src || '';

/** What the page says: on the element itself, in `<code-runner-settings>`, or by where the script comes from. */
export function placeOf(element) {
  const said = (name) => element.getAttribute(name) ?? document.querySelector('code-runner-settings')?.getAttribute(name);
  const url = (said('url') ?? originOf(SCRIPT)).replace(/\/+$/, '').replace(/\/v1$/, '');
  return { url, key: said('key') ?? '', parts: said('parts') ?? `${url}/page` };
}

/** Opens the connection when a reader comes near: what takes long of the first run, where the gateway is far away. */
export function comeNear(element) {
  const { origin } = new URL(placeOf(element).url, location.href);
  if (origin === location.origin || document.querySelector(`link[rel="preconnect"][href="${origin}"]`)) return;
  document.head.append(make('link', { rel: 'preconnect', href: origin, crossOrigin: 'anonymous' }));
}

function originOf(script) {
  return /^https?:/.test(script) ? new URL(script).origin : location.origin;
}

/** `<code-runner-settings url key words attach>`. */
export class CodeRunnerSettings extends HTMLElement {
  connectedCallback() {
    this.#learn();
    if (!this.hasAttribute('attach')) return;
    const attach = () => attachAll(this.getAttribute('attach') || undefined);
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', attach, { once: true });
    else attach();
  }

  #learn() {
    const words = this.getAttribute('words');
    const element = words && found(words);
    if (!element) return;
    try {
      learn(JSON.parse(textOf(element)));
    } catch {
      console.warn(`code-runner: ${words} is no JSON`);
    }
  }
}

/** Takes settings from behind the script's address (`#attach&key=…`), where a site can add a script and nothing else. */
export function settle() {
  const given = new URLSearchParams(SCRIPT.split('#')[1]);
  if (given.has('attach')) document.head.append(make('code-runner-settings', Object.fromEntries(given)));
}

/** Puts an element behind every code block of a language that is known, or those that the selector finds. */
export function attachAll(selector) {
  for (const one of document.querySelectorAll(selector ?? 'pre')) {
    const code = one.querySelector('code') ?? one;
    // Where numbers are beside the code, in a table: a cell leaves an editor no room.
    const table = one.closest('table');
    const box = table && bare(table) === bare(code) ? table : one.closest('pre') ?? one;
    const isOurs = selector ?? (isKnown(languageOf(code)) && bare(code));
    if (!isOurs || box.closest('code-runner') || box.nextElementSibling?.matches('code-runner, codapi-snippet')) continue;
    box.after(make('code-runner'));
  }
}
