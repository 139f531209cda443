const text = `The quick brown fox jumps over the lazy dog. The dog barks; the fox runs away.
Over the hills and far away the fox rests, and the dog sleeps.`;

function count(text) {
  const counts = new Map();
  for (const [word] of text.toLowerCase().matchAll(/[a-z]+/g)) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

const counts = count(text);
const ranked = [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
for (const [word, n] of ranked.slice(0, 6)) {
  console.log(word.padEnd(6), String(n).padStart(2), '*'.repeat(n));
}
console.log(`${counts.size} different words`);

const longest = Object.entries(
  Object.groupBy ? Object.groupBy([...counts.keys()], (word) => word.length) : {},
);
console.log(Array.isArray(longest), Math.max(...[...counts.keys()].map((word) => word.length)));
