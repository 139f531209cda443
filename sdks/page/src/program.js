// The program of a block: its hidden set-up, the blocks on which it builds, and its files.

import { found, textOf } from './dom.js';
import { LANGUAGES } from './languages.js';
import { said } from './words.js';

const HOLE = '##CODE##';
const MOST_BLOCKS = 50;
const MOST_FILE_CHARS = 1_000_000;

/** `{task, before, others, mark, code}`: what is submitted; how many of its lines are above the reader's; the names of
 * files that are not the reader's; the line after which output is the block's own; the reader's program. Throws Error
 * with words. */
export async function programOf(block) {
  const { language, code } = block;
  const { text, mark } = joined(block);
  const files = await Promise.all(namesIn(block.getAttribute('files')).map(fileOf));
  const template = await templateOf(block.getAttribute('template'));
  const limits = namesIn(block.getAttribute('limits')).map((one) => one.split(':')).map(([name, most]) => [name, +most]);
  const content = `${template.replace(HOLE, () => text)}\n`;
  const above = template.slice(0, template.indexOf(HOLE)) + text.slice(0, text.length - code.length);
  const main = files.length > 0 ? { name: LANGUAGES[language]?.file ?? 'main', content } : { content };
  return {
    task: { language, files: [main, ...files], limits: Object.fromEntries(limits) },
    before: above.split('\n').length - 1,
    others: files.map(({ name }) => name),
    mark,
    code,
  };
}

/** The sources of the blocks that it builds on, each once, and its own at the end. */
function joined(block) {
  const blocks = [];
  collect(block, blocks, new Set());
  const own = `${block.code}`;
  const earlier = blocks.slice(0, -1).map((one) => one.code);
  if (earlier.length === 0) return { text: own, mark: '' };
  const print = LANGUAGES[block.language]?.print;
  if (!print) return { text: [...earlier, own].join('\n'), mark: '' };
  const mark = `-- ${crypto.getRandomValues(new Uint32Array(2)).join('')} --`;
  return { text: [...earlier, print(mark), own].join('\n'), mark };
}

function collect(block, blocks, seen) {
  if (seen.has(block)) return;
  seen.add(block);
  if (seen.size > MOST_BLOCKS) throw new Error(said('noSetUp', { what: 'depends-on' }));
  for (const id of namesIn(block.getAttribute('depends-on'))) {
    const other = document.getElementById(id.replace(/^#/, ''));
    if (typeof other?.code !== 'string') throw new Error(said('noSetUp', { what: `#${id}` }));
    collect(other, blocks, seen);
  }
  blocks.push(block);
}

async function templateOf(name) {
  if (!name) return HOLE;
  const { content } = await fileOf(name);
  if (!content.includes(HOLE)) throw new Error(said('noSetUp', { what: `${HOLE} (${name})` }));
  return content;
}

/** `#id`, or the address of a text; `:NAME` at its end is what it is called. */
async function fileOf(named) {
  const [, where, as] = /^(.*?)(?::([^:/]+))?$/.exec(named);
  if (where.startsWith('#')) {
    const element = document.getElementById(where.slice(1)) ?? found(where);
    if (!element) throw new Error(said('noSetUp', { what: where }));
    return { name: as ?? where.slice(1), content: typeof element.code === 'string' ? element.code : textOf(element) };
  }
  const address = new URL(where, document.baseURI);
  const response = await fetch(address).catch(() => undefined);
  const content = response?.ok ? await response.text() : undefined;
  if (content === undefined || content.length > MOST_FILE_CHARS) throw new Error(said('noSetUp', { what: where }));
  return { name: as ?? decodeURIComponent(address.pathname.split('/').pop()), content };
}

function namesIn(list) {
  return (list ?? '').split(/\s+/).filter(Boolean);
}
