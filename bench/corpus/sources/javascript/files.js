const crypto = require('crypto');
const fs = require('fs');
const os = require('os');
const path = require('path');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'demo-'));
const files = { 'notes.txt': 'first line\nsecond line\n', 'data/values.csv': 'name,value\na,1\nb,2\n', 'data/empty.txt': '' };

for (const [name, content] of Object.entries(files)) {
  const target = path.join(folder, name);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, content);
}

function* walk(directory) {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) yield* walk(full);
    else yield full;
  }
}

for (const file of walk(folder)) {
  const content = fs.readFileSync(file, 'utf8');
  const hash = crypto.createHash('sha256').update(content).digest('hex').slice(0, 12);
  console.log(path.relative(folder, file).split(path.sep).join('/'), content.split('\n').length - 1, hash);
}

const [header, ...rows] = fs.readFileSync(path.join(folder, 'data/values.csv'), 'utf8').trim().split('\n');
const keys = header.split(',');
console.log(rows.map((row) => Object.fromEntries(row.split(',').map((value, at) => [keys[at], value]))));
fs.rmSync(folder, { recursive: true });
console.log(fs.existsSync(folder), path.extname('archive.tar.gz'), Buffer.from('héllo').toString('base64'));
