const raw = `[
  {"city": "Oslo", "month": 1, "temperature": -4.3, "rain": 49},
  {"city": "Oslo", "month": 7, "temperature": 17.7, "rain": 81},
  {"city": "Rome", "month": 1, "temperature": 7.5, "rain": 67},
  {"city": "Rome", "month": 7, "temperature": 25.6, "rain": 19}
]`;

const records = JSON.parse(raw, (key, value) => (key === 'month' ? ['January', 'July'][value === 7 ? 1 : 0] : value));

const byCity = records.reduce((cities, { city, ...rest }) => {
  (cities[city] ??= []).push(rest);
  return cities;
}, {});

const report = Object.fromEntries(
  Object.entries(byCity).map(([city, rows]) => [
    city,
    {
      mean: Number((rows.reduce((sum, { temperature }) => sum + temperature, 0) / rows.length).toFixed(2)),
      wettest: rows.toSorted((a, b) => b.rain - a.rain)[0].month,
      rain: rows.map(({ rain }) => rain).reduce((a, b) => a + b),
    },
  ]),
);

console.log(JSON.stringify(report, null, 2));
console.table(records.map(({ city, rain }) => ({ city, rain })));
console.log(structuredClone(report).Oslo !== report.Oslo);
try {
  JSON.parse('{"broken": [1, 2}');
} catch (error) {
  console.log(error.name, error instanceof SyntaxError);
}
