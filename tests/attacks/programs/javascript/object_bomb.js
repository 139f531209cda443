console.log("growing");
const kept = [];
for (;;) kept.push({ name: "x".repeat(10), inner: [1, 2, 3] });
