const compose = (...functions) => (value) => functions.reduceRight((result, each) => each(result), value);
const curry = (fn) => function curried(...args) {
  return args.length >= fn.length ? fn(...args) : (...more) => curried(...args, ...more);
};

function memoize(fn) {
  const known = new Map();
  return (n) => {
    if (!known.has(n)) known.set(n, fn(n));
    return known.get(n);
  };
}

const fibonacci = memoize((n) => (n < 2n ? n : fibonacci(n - 1n) + fibonacci(n - 2n)));

function* primes() {
  const found = [];
  for (let n = 2; ; n++) {
    if (found.every((p) => n % p !== 0)) {
      found.push(n);
      yield n;
    }
  }
}

function take(count, iterable) {
  const taken = [];
  for (const item of iterable) {
    if (taken.length === count) break;
    taken.push(item);
  }
  return taken;
}

const slug = compose((s) => s.replace(/\s+/g, '-'), (s) => s.trim(), (s) => s.toLowerCase());
console.log(slug('  Hello Functional World '));
console.log(curry((a, b, c) => a + b * c)(1)(2)(3));
console.log(String(fibonacci(120n)));
console.log(take(15, primes()).join(' '));
const watched = new Proxy({}, { get: (target, name) => `no ${String(name)} here` });
console.log(watched.coffee, [1, [2, [3, [4]]]].flat(Infinity), [..."héllo"].reverse().join(''));
console.log([3, 1, 2].map((n) => n ** 2), Object.entries({ a: 1 }), 0.1 + 0.2 === 0.3);
