const limit = 1_000_000;
const known = new Uint16Array(limit); // steps from each number down to one

let best = 1;
for (let start = 2; start < limit; start++) {
  let n = start, steps = 0;
  while (n >= start) {
    n = n % 2 === 0 ? n / 2 : 3 * n + 1;
    steps++;
  }
  known[start] = steps + known[n];
  if (known[start] > known[best]) best = start;
}
console.log(`${best.toLocaleString("en")} takes ${known[best]} steps`);
