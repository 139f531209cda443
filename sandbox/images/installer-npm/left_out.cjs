// Loaded into npm before it begins (node --require). npm leaves out what is optional and cannot be had, and ends well: here it
// says so, which install.py takes for a failure, unless it is as the package means it: not for this machine, or not there.
// check_npm.py shows that an npm does.
const files = require("node:fs/promises");

// npm reads the package.json of all packages that are bundled in one at once, and leaves out in silence what it has no more
// descriptors for: here some wait until others are read.
const MAX_READ_AT_ONCE = 64;
const waiting = [];
let reading = 0;
const { readFile } = files;
files.readFile = async (...about) => {
  if (reading < MAX_READ_AT_ONCE) reading += 1;
  else await new Promise((begin) => waiting.push(begin));
  try {
    return await readFile(...about);
  } finally {
    if (waiting.length) waiting.pop()();
    else reading -= 1;
  }
};

const { Arborist } = require("/opt/coderunner/npm/node_modules/@npmcli/arborist");
const pacote = require("/opt/coderunner/npm/node_modules/pacote");

const NOT_FOR_HERE = ["EBADPLATFORM", "EBADENGINE"];
const NOT_THERE = ["E404", "ETARGET", "ENOVERSIONS"];
const MAX_CHARS = 500;

function telling(promise, what, asMeant) {
  return promise.catch((error) => {
    if (!asMeant.includes(error?.code)) {
      const words = `could not be had: ${what}: ${error?.message ?? error}`;
      process.stderr.write(`${words.replace(/\s+/g, " ").slice(0, MAX_CHARS)}\n`);
    }
    throw error;
  });
}

const failure = Symbol.for("handleOptionalFailure"); // npm asks it of each package that it has downloaded and unpacked
const handle = Arborist.prototype[failure];
if (typeof handle !== "function") throw new Error("this npm handles what is optional in another way");
Arborist.prototype[failure] = function (node, unpacked) {
  const what = `${node.packageName}@${node.version}`;
  return handle.call(this, node, node.optional ? telling(unpacked, what, NOT_FOR_HERE) : unpacked);
};

const { manifest } = pacote; // npm asks it of each package what versions there are, and what they need
pacote.manifest = (spec, options) => telling(manifest(spec, options), String(spec?.raw ?? spec), NOT_THERE);
