const { setTimeout: sleep } = require('node:timers/promises');
const EventEmitter = require('node:events');

const bus = new EventEmitter();
const seen = [];
bus.on('step', (name) => seen.push(name));
bus.once('end', () => seen.push('end'));

async function step(name, ms, fails = false) {
  await sleep(ms);
  bus.emit('step', name);
  if (fails) throw new Error(`${name} failed`);
  return name.toUpperCase();
}

async function retry(times, action) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action(attempt);
    } catch (error) {
      if (attempt === times) throw error;
      console.log(`attempt ${attempt}: ${error.message}`);
    }
  }
}

async function* numbers(limit) {
  for (let n = 1; n <= limit; n++) {
    await null;
    yield n;
  }
}

(async () => {
  console.log(await Promise.all([step('slow', 4), step('quick', 1)]));
  const settled = await Promise.allSettled([step('good', 1), step('bad', 2, true)]);
  console.log(settled.map(({ status, reason }) => reason?.message ?? status));
  console.log(await retry(3, async (attempt) => step(`try ${attempt}`, 1, attempt < 3)));
  let sum = 0;
  for await (const n of numbers(10)) sum += n;
  bus.emit('end');
  bus.emit('end');
  console.log(sum, seen.length, seen.at(-1));
})();
