// Links to a page with a reader's version of a program: in the address' fragment, which no server is told.

import { WORDS } from './words.js';

const NAME = 'run';
const MOST_LINKED_CHARS = 100_000;

/** The address of this page with the program in it; undefined for one that is too long to be read again. `which`: the
 * element's id, or its number on the page. */
export async function linkTo(address, which, source) {
  if (source.length > MOST_LINKED_CHARS) return undefined;
  const url = new URL(address);
  url.hash = `${NAME}=${encodeURIComponent(which)}.${await packed(source)}`;
  return url.href;
}

/** Puts a link where its reader has it; what is said of that. */
export async function offered(link) {
  if (!link) return WORDS.shareTooLong;
  try {
    await navigator.clipboard.writeText(link);
    return WORDS.shared;
  } catch {
    history.replaceState(history.state, '', link);
    return WORDS.shareFailed;
  }
}

/** The program that an address brings for the element; undefined where it brings none, or none that can be read. */
export async function linked(address, which) {
  const [, whose, data] = /^#run=(.+)\.([\w-]+)$/.exec(new URL(address).hash) ?? [];
  try {
    return whose && decodeURIComponent(whose) === which ? await unpacked(data) : undefined;
  } catch {
    return undefined;
  }
}

async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const chars = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(chars).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** What a link has is anybody's: it may become a thousand times as long as it is. */
async function unpacked(data) {
  const bytes = Uint8Array.from(atob(data.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > MOST_LINKED_CHARS) {
      await reader.cancel();
      return undefined;
    }
  }
}
