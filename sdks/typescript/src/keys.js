// Idempotency keys: with one a task can be submitted again, and runs once.

/** A UUID of version 7 (RFC 9562, 5.7): its time tells the gateway that nobody can have used it long ago. */
export async function freshKey() {
  const bytes = (await cryptography()).getRandomValues(new Uint8Array(16));
  const time = Date.now();
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(time / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The task with a key: its own, or a fresh one. */
export async function withKey(task) {
  if (task === null || typeof task !== 'object') throw new TypeError('a task is an object: {language, files}');
  return task.idempotency_key ? task : { ...task, idempotency_key: await freshKey() };
}

/** The platform's Web Crypto. */
export async function cryptography() {
  if (globalThis.crypto) return globalThis.crypto;
  const name = 'node:crypto'; // Node.js 18 has it nowhere else; a name that bundlers do not follow
  return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)).webcrypto;
}
